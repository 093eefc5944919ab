# shellcheck shell=bash
# Does KVM work here?  /dev/kvm alone tells nothing: on some virtual machines it is
# there and an ordinary kernel hangs or aborts in it.  So boot one, once per host boot.

kvm_works() { # BZIMAGE
    local answer dir pid i
    answer=$CACHE/kvm-$(</proc/sys/kernel/random/boot_id)
    [[ -r /dev/kvm && -w /dev/kvm ]] || return 1
    if [[ ! -e $answer ]]; then
        dir=$(mktemp -d "$CACHE/work/kvm.XXXXXX")
        # Without a root file system the kernel panics, which is as far as it need come.
        setpriv --pdeathsig KILL -- qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none \
            -machine q35 -accel kvm -cpu host -smp 2 -m 512M -serial "file:$dir/console" -kernel "$1" \
            -append "console=ttyS0 panic=-1" </dev/null >/dev/null 2>&1 &
        pid=$!
        for ((i = 0; i < 100; i++)); do
            kill -0 $pid 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL $pid 2>/dev/null || :
        wait $pid 2>/dev/null || :
        if grep -q 'Kernel panic - not syncing: VFS' "$dir/console" 2>/dev/null; then echo yes; else echo no; fi >"$dir/answer"
        mv -- "$dir/answer" "$answer"
        rm -rf -- "$dir"
    fi
    [[ $(<"$answer") == yes ]]
}

vm_accelerator() { # FLAVOUR: in words
    if kvm_works "$(kernel_image "$1")"; then echo KVM; else echo "emulated processor (no usable KVM)"; fi
}
