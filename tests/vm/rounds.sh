#!/bin/bash
# Random rounds: clients killed, members unplugged, mvgal unbound and unloaded, graphs
# of jobs. $MVGAL_ROUNDS of each (default: a few), from $MVGAL_SEED on; scripts/stress
# runs many.
# vm: --gpus virgl
source "$(dirname -- "${BASH_SOURCE[0]}")/lib"

seed=${MVGAL_SEED:-$(date +%s)}
only=${MVGAL_STRESS:-all}
here_rounds() { # few, if nobody said how many
    echo "${MVGAL_ROUNDS:-$1}"
}
run() {
    output=$("$e2e" client "$@" 2> >(tee -a "$step.log" >&2)) ||
        fail "$*: $(tail -n 3 "$step.log") $output"
    [[ -z ${MVGAL_ROUNDS:-} ]] || echo "$output"
}

drivers
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
exec 2> >(if [[ -n ${MVGAL_ROUNDS:-} ]]; then cat >&2; else cat >/dev/null; fi)

[[ $only == all || $only == kill ]] && run kill_rounds "$(here_rounds 20)" "$seed"
[[ $only == all || $only == unplug ]] && run unplug_rounds "$(here_rounds 4)" "$seed"
[[ $only == all || $only == graph ]] && run graph_rounds "$(here_rounds 1)" "$seed"

# Busy with files open: refused, or drained.
if [[ $only == all || $only == unload ]]; then
    sysfs=/sys/bus/platform/drivers/mvgal
    rounds=$(here_rounds 3)
    RANDOM=$((seed % 32768))
    for ((round = 1; round <= rounds; round++)); do
        "$e2e" client kill_rounds 1000000 $((seed + round)) >/dev/null 2>&1 &
        busy=$!
        sleep "0.$((RANDOM % 10))"
        # A file of our own, too: the clients may all be between two lives.
        exec 9<>/dev/mvgal0
        rmmod mvgal 2>/dev/null && fail "round $round: unloaded while files were open"
        exec 9>&-
        device=$(basename "$(dirname "$(ls -d $sysfs/*/driver_override | head -n 1)")")
        if ((RANDOM % 2)); then
            echo "$device" >$sysfs/unbind || fail "round $round: unbind"
        fi
        # It ends by itself when mvgal goes away under it.
        kill -KILL $busy 2>/dev/null
        wait $busy 2>/dev/null
        pkill -KILL -f 'client kill_rounds' && sleep 0.2
        for _ in {1..100}; do
            rmmod mvgal 2>/dev/null && break
            sleep 0.1
        done
        [[ ! -d /sys/module/mvgal ]] || fail "round $round: not unloaded"
        quietly insmod "$MVGAL_KO" ${MVGAL_PARAMS:-}
        [[ -z ${MVGAL_ROUNDS:-} ]] || ((round % 20)) || echo "unload: round $round of $rounds, $SECONDS s"
    done
    [[ -z ${MVGAL_ROUNDS:-} ]] || echo "unload: $rounds rounds, all well"
fi
quietly "$e2e" client exercise vgem
