# SPDX-License-Identifier: GPL-2.0
#
# mvgal: the targets for people.  How the module is made is in Kbuild, which is what
# the kernel's own makefiles read here; how the virtual machine is, in scripts/.

KDIR ?= /lib/modules/$(shell uname -r)/build
# The lab's targets build their own kernel unless KDIR was asked for.
LAB_KDIR := $(if $(filter-out file default undefined,$(origin KDIR)),$(KDIR))

MVGAL_CACHE_DIR := $(or $(MVGAL_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mvgal)

# Tools that only the lab has come last, except for a kernel of the lab, which is
# built with exactly these.
lab_tools := $(subst $() ,:,$(strip $(lastword $(sort $(wildcard $(MVGAL_CACHE_DIR)/tools/bindgen-*/bin))) \
	$(firstword $(wildcard $(addprefix /usr/lib/llvm-,$(addsuffix /bin,19 20 21 22 18 17))))))
ifneq ($(lab_tools),)
export PATH := $(if $(filter $(MVGAL_CACHE_DIR)/%,$(KDIR)),$(lab_tools):$(PATH),$(PATH):$(lab_tools))
endif

kconfig := $(wildcard $(KDIR)/include/config/auto.conf)
has_rust := $(if $(kconfig),$(shell grep -sx CONFIG_RUST=y $(kconfig)))
uses_clang := $(if $(kconfig),$(shell grep -sx CONFIG_CC_IS_CLANG=y $(kconfig)))

kbuild = +$(MAKE) -C $(KDIR) M=$(CURDIR) $(if $(uses_clang),LLVM=$(or $(LLVM),1)) \
	MVGAL_KUNIT=$(if $(filter-out 0 n,$(KUNIT)),y,n)
cargo = cd userspace && cargo

# Long-running targets report progress themselves.
lab = @MVGAL_KDIR='$(LAB_KDIR)' scripts/$(1)

.PHONY: all modules modules_install clean check-kernel lab demo test bench stress shell \
	fmt fmt-check clippy doc help
.DEFAULT_GOAL := all

all: modules

check-kernel:
ifeq ($(kconfig),)
	@echo >&2 "mvgal: no configured kernel tree in $(KDIR)."
	@echo >&2 "       Install the headers of your kernel, or name a tree: make KDIR=/path/to/kernel/build."
	@echo >&2 "       To see mvgal at work without either: make demo."
	@false
else ifeq ($(has_rust),)
	@echo >&2 "mvgal: the kernel in $(KDIR) has no Rust support (CONFIG_RUST=y), which mvgal.ko is written for."
	@echo >&2 "       Use a kernel that has it, with make KDIR=/path/to/kernel/build, or try it in a VM: make demo."
	@false
endif

modules: check-kernel
	$(kbuild) modules

modules_install: check-kernel
	$(kbuild) modules_install

clean:
ifneq ($(kconfig),)
	$(kbuild) clean
endif
	$(cargo) clean

lab:
	$(call lab,lab/setup)

demo:
	$(call lab,demo $(or $(GPUS),1) $(VENDORS))

test:
	$(call lab,test)

shell:
	$(call lab,lab/vm --kernel $(or $(KERNEL),release))

ifneq ($(wildcard scripts/bench),)
bench:
	$(call lab,bench)
endif
ifneq ($(wildcard scripts/stress),)
stress:
	$(call lab,stress)
endif

fmt:
	$(call lab,lint fmt)

fmt-check:
	$(call lab,lint fmt-check)

clippy:
	$(call lab,lint clippy)

doc:
	$(call lab,lint doc)

help:
	@echo 'In a virtual machine, with all set-up done for you:'
	@echo '  demo             see mvgal drive four GPUs of three drivers'
	@echo '  test             run all tests; ends with "N passed, N failed"'
ifneq ($(wildcard scripts/bench),)
	@echo '  bench            measure the costs of the kernel paths'
endif
ifneq ($(wildcard scripts/stress),)
	@echo '  stress           run the long random tests'
endif
	@echo '  shell            a shell in the VM, module loaded (KERNEL=debug: with all checkers)'
	@echo '  lab              only prepare the machine: packages, tools, both lab kernels'
	@echo
	@echo 'For your own kernel (one with CONFIG_RUST=y):'
	@echo '  all, modules     build mvgal.ko (the default)'
	@echo '  modules_install  install it for modprobe'
	@echo '  clean            remove what was built here (not the cache of the lab)'
	@echo
	@echo 'For developers:'
	@echo '  fmt, fmt-check   format the Rust sources, or check that they are'
	@echo '  clippy           lint the Rust sources, module (against the lab kernel) and userspace'
	@echo '  doc              build the documentation of the Rust sources'
	@echo
	@echo 'Variables:'
	@echo '  KDIR=DIR         kernel tree to build for [/lib/modules/$$(uname -r)/build; the lab'
	@echo '                   targets use a kernel of their own unless it is given]'
	@echo '  KUNIT=1          build the KUnit suites into mvgal.ko'
	@echo '  GPUS=2           for demo: two GPUs that render by virgl; needs QEMU of a newer'
	@echo '                   Debian, which it fetches into the cache (100 MB)'
	@echo '  VENDORS=LIST     for demo: stand-ins for GPUs of other vendors, which are tests of'
	@echo '                   mvgal and no GPUs: amdgpu,i915,xe,nouveau,nvidia,mtgpu or all'
	@echo '  MVGAL_CACHE=DIR  where the lab keeps what it builds [$(MVGAL_CACHE_DIR)]'
