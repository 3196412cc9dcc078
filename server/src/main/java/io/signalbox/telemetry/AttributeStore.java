package io.signalbox.telemetry;

import io.signalbox.payload.Reading;
import io.signalbox.session.Receipt;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Attributes of devices, named by their numbers. Any thread; no call blocks. Stages complete on a thread of the store,
 * exceptionally with {@link io.signalbox.ops.Rejected} when the store fails.
 */
public interface AttributeStore {
    /**
     * Writes all of {@code attributes} in one transaction; {@code receipt} hears of the commit, or
     * {@code NOT_FOUND} when the device was deleted.
     *
     * @return false when the write queue is full: nothing was taken and {@code receipt} stays silent
     */
    boolean save(long device, Scope scope, List<Reading> attributes, Receipt receipt);

    /**
     * Removes attributes.
     *
     * @return after the commit, on a thread of the store: the keys of those that were there
     */
    CompletionStage<List<String>> delete(long device, Scope scope, List<String> keys);

    /** All attributes of all scopes, by key, for who goes on to follow them by {@link Feed}. */
    CompletionStage<Snapshot<Map<Scope, List<Reading>>>> snapshot(long device);

    /** All attributes of the scope, by key. Sees everything committed before the call. */
    CompletionStage<List<Reading>> read(long device, Scope scope);

    /** The attributes of the scope with these keys; unknown keys are left out. */
    CompletionStage<List<Reading>> read(long device, Scope scope, List<String> keys);
}
