package io.signalbox.identity;

import io.signalbox.device.UserId;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What clients keep for a user. Blocks: virtual or platform threads only. Fails with {@link io.signalbox.ops.Rejected} when the
 * store does.
 */
public interface UserSettingsStore {
    /** JSON text of an object; empty: nothing was kept yet. */
    Optional<String> settings(UserId user);

    /**
     * Replaces what is kept by what {@code change} makes of it, in one transaction.
     *
     * @param change gets {@code {}} for nothing; pure, since it may run again; on the store's thread. What it throws comes back
     * @return what is kept now
     * @throws io.signalbox.ops.Rejected {@code NOT_FOUND}: there is no such user
     */
    String change(UserId user, UnaryOperator<String> change);
}
