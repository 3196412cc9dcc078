package io.signalbox.audit;

import io.signalbox.device.DeviceId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Names of members that are masked for single devices, beside those of the server. Any thread; never blocks. */
public interface Masks {
    /** Whether there are any; false costs nothing. */
    boolean any();

    /** Of those of these devices that have some. */
    CompletionStage<Map<DeviceId, List<String>>> of(Set<DeviceId> devices);
}
