package io.signalbox.registry;

import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What the {@link DeviceDirectory} asks when it does not know. Any thread; no call blocks. Sees everything committed before the
 * call. Stages complete on a thread of the store, exceptionally with {@link io.signalbox.ops.Rejected} when too many wait or
 * the store fails.
 */
public interface DeviceLookup {
    CompletionStage<Optional<Device>> find(DeviceId id);

    /** The device whose credentials are an access token with this text. */
    CompletionStage<Optional<Device>> findByAccessToken(String token);
}
