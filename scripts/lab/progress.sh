# shellcheck shell=bash
# Steps that show how far they are, and failures that say what to do.

STEP=0
STEPS=${STEPS:-0} # how many there will be; 0 when nobody counted
[[ -t 2 ]] && PROGRESS_TTY=1 || PROGRESS_TTY=0

clock() { # seconds -> m:ss
    printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# step TITLE: begin the next step.
step() {
    STEP=$((STEP + 1))
    if ((STEPS)); then
        say "[$STEP/$STEPS] $1  ($(clock $SECONDS) since the start)"
    else
        say "==> $1"
    fi
}

# note TEXT: the outcome of a step, or that there was nothing to do.
note() { say "    $*"; }

# monitor PARENT LOG TOTAL PATTERN: report how far the command is that writes LOG.
# TOTAL is the number of lines matching PATTERN that it is expected to write.
monitor() {
    local parent=$1 log=$2 total=$3 pattern=$4 began=$SECONDS every=15 next line count percent
    ((PROGRESS_TTY)) && every=1
    next=$every
    while sleep 1 && kill -0 "$parent" 2>/dev/null; do
        ((SECONDS - began >= next)) || continue
        next=$((SECONDS - began + every))
        line="$(clock $((SECONDS - began)))"
        if ((total)); then
            count=$(grep -cE -- "$pattern" "$log" 2>/dev/null || :)
            percent=$((count * 100 / total))
            ((percent > 99)) && percent=99
            line+=", about $percent %"
        fi
        line+="  (log: $log)"
        if ((PROGRESS_TTY)); then printf '\r\033[K    %s' "$line" >&2; else say "    $line"; fi
    done
}

# run [-t TOTAL -p PATTERN] [-h HINT] LOG COMMAND...: run COMMAND with its output in
# LOG, reporting on it.  On failure show what there is to know and leave.
run() {
    local total=0 pattern='' hint='' opt OPTIND=1
    while getopts t:p:h: opt; do
        case $opt in
            t) total=$OPTARG ;;
            p) pattern=$OPTARG ;;
            h) hint=$OPTARG ;;
            *) return 2 ;;
        esac
    done
    shift $((OPTIND - 1))
    local log=$LOGS/$1.log began=$SECONDS watcher status
    shift
    : >"$log"
    monitor $BASHPID "$log" "$total" "$pattern" 9>&- &
    watcher=$!
    # Not `if "$@"`: that would switch off `set -e` inside a function.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    kill "$watcher" 2>/dev/null
    wait "$watcher" 2>/dev/null
    set -e
    ((PROGRESS_TTY)) && printf '\r\033[K' >&2
    if ((status == 0)); then
        ((SECONDS - began < 5)) || note "done in $(clock $((SECONDS - began)))"
        return 0
    fi
    {
        echo
        echo "mvgal: FAILED (status $status): $(printf '%q ' "$@")"
        echo "       last lines of its log:"
        tail -n 20 -- "$log" | sed 's/^/       | /'
        echo "       whole log: $log"
        if ((status >= 128)); then
            echo "       It was interrupted. Run the same command again: finished steps are not repeated."
        else
            echo "       ${hint:-Once the cause is gone, run the same command again: finished steps are not repeated.}"
        fi
    } >&2
    exit "$status"
}
