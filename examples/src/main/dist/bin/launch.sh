# shellcheck shell=sh
# How the programs beside it start; they source it.
#
# JAVA_HOME          the Java runtime (17 or later); otherwise 'java' from PATH
# VMSTORE_JAVA_OPTS  more options for it, separated by blanks, such as
#                    -Dvmstore.log.level=DEBUG

home=$(dirname "$(dirname "$(readlink -f "$0")")")
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
archive=$home/lib/vmstore.jsa
prepared=

# One collector thread, and no C2. An archive of classes fits no other collector.
light="-XX:+UseSerialGC -XX:TieredStopAtLevel=1"

# What the runtime itself has to say would be among the program's results, which may be JSON.
aside="-XX:+DisplayVMOutputToStderr -Xlog:disable -Xlog:all=warning:stderr"

# launch OPTIONS CLASS ARGUMENT...  becomes the Java runtime; the user's options overrule these.
launch() {
  options=$1
  shift
  # shellcheck disable=SC2086 # these variables hold several words
  exec "$java" $options $aside ${prepared:+"-XX:SharedArchiveFile=$archive" -Xlog:disable} \
    $VMSTORE_JAVA_OPTS -cp "$home/lib/*" "$@"
}

# The same, light, with what vmstore-prepare made; a runtime that it does not fit does without,
# and says nothing.
launch_prepared() {
  options="$light -Xshare:auto $1"
  shift
  [ -r "$archive" ] && prepared=true
  launch "$options" "$@"
}

# launch_daemon CLASS ARGUMENT...  with a small footprint beside virtual machines: a heap that
# grows only by what is kept and shrinks again, and few arenas of the C library. A daemon out of
# memory ends, and its service manager starts it again.
launch_daemon() {
  export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
  launch_prepared "-Xmx128m -Xmn16m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30 -Xss512k \
    -XX:+ExitOnOutOfMemoryError -Dvmstore.log.level=INFO" "$@"
}
