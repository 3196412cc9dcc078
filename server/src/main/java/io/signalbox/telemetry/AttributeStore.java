package io.signalbox.telemetry;

import io.signalbox.payload.Reading;
import io.signalbox.session.Receipt;
import java.util.List;
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

    /** All attributes of the scope, by key. Sees everything committed before the call. */
    CompletionStage<List<Reading>> read(long device, Scope scope);

    /** The attributes of the scope with these keys; unknown keys are left out. */
    CompletionStage<List<Reading>> read(long device, Scope scope, List<String> keys);
}
