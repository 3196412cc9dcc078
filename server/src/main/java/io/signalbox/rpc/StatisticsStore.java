package io.signalbox.rpc;

import io.signalbox.device.CustomerId;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Where counts of commands are kept: for each hour, device, method and kind of command. */
public interface StatisticsStore {
    /** Stands for methods of a device beyond the first of an hour that are counted one by one. */
    String OTHER = "(other)";

    /** Methods of a device that are counted one by one in an hour. */
    int METHODS_MAX = 50;

    /**
     * What is counted together.
     *
     * @param hour   hours since 1970
     * @param device {@link io.signalbox.device.Device#number}
     */
    record Key(long hour, long device, String method, RpcFigures.Kind kind) {}

    record Counted(Key key, Tally tally) {}

    /** Adds these to what is kept, all or none; what belongs to a device that is gone is dropped. Any thread; never blocks. */
    CompletionStage<Void> add(List<Counted> counted);

    /**
     * What to read: of devices that are there now.
     *
     * @param customer only devices that are assigned to it now
     * @param fromHour hours since 1970; {@code toHour} does not belong to the range
     */
    record Query(
            TenantId tenant,
            Optional<CustomerId> customer,
            Optional<Long> device,
            Optional<String> method,
            Optional<RpcFigures.Kind> kind,
            long fromHour,
            long toHour) {}

    record Found(Key key, DeviceId deviceId, Tally tally) {}

    /**
     * Gives each to {@code each}, on a thread of the store. Blocks; virtual or platform threads.
     *
     * @throws io.signalbox.ops.Rejected {@code BAD_REQUEST}: there is more than one call may look at; {@code STORE_UNAVAILABLE}
     *     or {@code TOO_MANY_REQUESTS}
     */
    void read(Query query, Consumer<Found> each);

    /** Removes at most so many rows of hours before this one. Any thread; never blocks. */
    CompletionStage<Integer> purge(long beforeHour, int atOnceMax);
}
