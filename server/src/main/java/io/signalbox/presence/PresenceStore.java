package io.signalbox.presence;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.LongPredicate;

/**
 * Keeps the presence of devices, and shows it as their server attributes {@code active}, {@code lastConnectTime}, {@code
 * lastDisconnectTime}, {@code lastActivityTime} and {@code inactivityAlarmTime} (MQTT device API §4.3). Any thread; no call
 * blocks. Stages complete on a thread of the store, exceptionally with {@link io.signalbox.ops.Rejected}: then nothing was kept.
 */
public interface PresenceStore {
    /** Signs that {@link #keep} takes at most. */
    int SIGNS_MAX = 100;

    /** Devices that {@link #expire} looks at. */
    int EXPIRED_MAX = 100;

    /**
     * What was seen of a device, named by its number. Times are epoch milliseconds, 0 for never; one that is not later than what
     * is kept already changes nothing.
     */
    record Sign(long device, long connectedAt, long disconnectedAt, long activityAt) {}

    /**
     * @param silent devices that are inactive from now on
     * @param isMore whether there are further ones to look at
     */
    record Expired(List<Long> silent, boolean isMore) {}

    /** Keeps the signs in one transaction; those of deleted devices are dropped. At most {@link #SIGNS_MAX}, of different devices. */
    CompletionStage<Void> keep(List<Sign> signs, long now);

    /**
     * Makes devices inactive that were not heard for their attribute {@code inactivityTimeout}, milliseconds, or else for the
     * time that the server has for all.
     *
     * @param livesOn whether a device, by its number, was heard lately, which is not kept yet; asked on a thread of the store
     */
    CompletionStage<Expired> expire(long now, LongPredicate livesOn);
}
