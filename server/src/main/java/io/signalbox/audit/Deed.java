package io.signalbox.audit;

import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A change that a caller makes now, and the audit entry that is to stand in its commit. Whoever answers a request {@linkplain
 * #during binds} it around the call that changes something; the store asks {@link #current}, on the thread of that call, when
 * it takes the write, and keeps the entry in the same transaction. So no feature between them needs to know of it.
 */
public final class Deed {
    private static final ScopedValue<Deed> CURRENT = ScopedValue.newInstance();

    private final Function<Object, Optional<AuditEntry>> entry;

    private Deed(Function<Object, Optional<AuditEntry>> entry) {
        this.entry = entry;
    }

    /**
     * Runs {@code change}; the write of it that comes to a {@code T} gets the entry. Blocks as {@code change} does.
     *
     * @param kind  tells that write from others of the same call
     * @param entry made on a thread of the store, from what the write came to
     */
    public static <T, R> R during(Class<T> kind, Function<T, AuditEntry> entry, Supplier<R> change) {
        Deed deed = new Deed(
                result -> kind.isInstance(result) ? Optional.of(entry.apply(kind.cast(result))) : Optional.empty());
        return ScopedValue.where(CURRENT, deed).call(change::get);
    }

    /** Of the thread that asks; empty: what is written is nobody's deed. */
    public static Optional<Deed> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    /** @param result what a write came to; false: it found nothing to do */
    public Optional<AuditEntry> entry(Object result) {
        boolean isDone = !(result instanceof Boolean found) || found;
        return isDone ? entry.apply(result) : Optional.empty();
    }
}
