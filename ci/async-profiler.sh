#!/bin/sh
# Fetches async-profiler, by which brokers on a JVM are profiled, from Maven: async-profiler.sh FOLDER
# Then let ASYNC_PROFILER_HOME name that folder.
set -eu
version=4.1
case $(uname -sm) in
  "Linux x86_64") platform=linux-x64 ;;
  "Linux aarch64") platform=linux-arm64 ;;
  *) echo "$0: async-profiler has no library for $(uname -sm)" >&2; exit 1 ;;
esac
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
# There, because Maven writes into the folder that it is called in.
(cd "$unpacked" && mvn -q -B dependency:unpack -Dartifact=tools.profiler:async-profiler:$version \
  -Dmdep.unpack.includes="$platform/*" -DoutputDirectory="$unpacked")
mkdir -p "$1"
# At once or not at all: a JVM must never load half a library.
mv "$unpacked/$platform/libasyncProfiler.so" "$1/.libasyncProfiler.so.$$"
mv "$1/.libasyncProfiler.so.$$" "$1/libasyncProfiler.so"
