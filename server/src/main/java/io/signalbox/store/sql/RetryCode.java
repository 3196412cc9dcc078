package io.signalbox.store.sql;

import io.signalbox.rpc.RetryPolicy.Failure;
import java.util.EnumSet;
import java.util.Set;

/** Bits that stand for failures after which a command is sent again. They never change. */
final class RetryCode {
    private RetryCode() {}

    private static long of(Failure failure) {
        return switch (failure) {
            case SENT_NOT_ACKNOWLEDGED -> 1;
            case NO_ANSWER -> 2;
            case REFUSED -> 4;
        };
    }

    static long mask(Set<Failure> failures) {
        return failures.stream().mapToLong(RetryCode::of).sum();
    }

    /** @throws IllegalArgumentException a bit stands for nothing */
    static Set<Failure> failures(long mask) {
        Set<Failure> failures = EnumSet.noneOf(Failure.class);
        for (Failure failure : Failure.values()) {
            if ((mask & of(failure)) != 0) {
                failures.add(failure);
            }
        }
        if (mask(failures) != mask) {
            throw new IllegalArgumentException("failures to retry: " + mask);
        }
        return failures;
    }
}
