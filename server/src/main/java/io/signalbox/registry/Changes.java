package io.signalbox.registry;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Optional;
import java.util.function.Supplier;

/** How the registry changes what it stores, and what it says when it cannot. */
final class Changes {
    /** How often a change that names no version is tried against others that come in between. */
    private static final int UPDATES_MAX = 10;

    private Changes() {}

    /** Runs {@code update}, which reads and writes; without a version of the caller's, again when another came in between. */
    static <T> T retrying(Optional<Long> version, Supplier<T> update) {
        for (int attempt = 1; ; attempt++) {
            try {
                return update.get();
            } catch (Rejected e) {
                if (e.code() != ErrorCode.VERSION_CONFLICT || version.isPresent() || attempt == UPDATES_MAX) {
                    throw e;
                }
            }
        }
    }

    /** @param type as a sentence begins with it: {@code Device} */
    static void refuseOld(String type, Optional<Long> seen, long present) {
        if (seen.isPresent() && seen.get() != present) {
            throw new Rejected(ErrorCode.VERSION_CONFLICT, type + " was already changed by someone else");
        }
    }

    static Rejected notFound(String type, Object id) {
        return new Rejected(ErrorCode.NOT_FOUND, type + " with id [" + id + "] is not found");
    }
}
