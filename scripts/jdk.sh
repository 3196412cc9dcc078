# Sourced by run, simulate, check and .ci/run: finds the JDK and Maven, and builds.

JDK_MIN=25

# Prints the first number of a JDK's version, or nothing. $1: its folder
jdk_version() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# Sets and exports JAVA_HOME to the first JDK that is new enough; false: there is none.
find_jdk() {
    local path_java="" home version
    if path_java=$(command -v javac); then
        while [ -L "$path_java" ]; do
            local target
            target=$(readlink "$path_java")
            case $target in
                /*) path_java=$target ;;
                *) path_java=$(dirname "$path_java")/$target ;;
            esac
        done
        path_java=$(dirname "$(dirname "$path_java")")
    fi
    for home in "${JAVA_HOME:-}" "$path_java" /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/*; do
        [ -n "$home" ] || continue
        version=$(jdk_version "$home")
        if [ -n "$version" ] && [ "$version" -ge "$JDK_MIN" ]; then
            export JAVA_HOME=$home
            return 0
        fi
    done
    return 1
}

need_jdk() {
    find_jdk || {
        echo "Signalbox needs a JDK $JDK_MIN or newer: install one, for example Eclipse Temurin from https://adoptium.net, or set JAVA_HOME to it." >&2
        exit 1
    }
}

need_maven() {
    command -v mvn >/dev/null || {
        echo "Signalbox is built with Apache Maven 3.8 or newer: install it, for example with apt-get install maven or brew install maven." >&2
        exit 1
    }
}

# Packages one module without tests. $1: the root folder, $2: the module. Maven 3.8 writes colours when nobody wants any.
build() {
    local escape
    escape=$(printf '\033')
    (cd "$1" && mvn -q -B -pl "$2" -am package -Dmaven.test.skip=true -Dspotless.check.skip=true 2>&1) |
        sed "s/$escape\[[0-9;]*m//g" >&2
}
