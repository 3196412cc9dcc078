package io.signalbox.rpc;

import io.signalbox.device.DeviceId;
import io.signalbox.device.DeviceProfileId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Where the settings of devices and profiles are. Blocks where it does not say otherwise: virtual or platform threads. */
public interface RpcSettingsStore {
    /** Empty: there is no such device. */
    Optional<RpcSettings.OfDevice> ofDevice(DeviceId device);

    RpcSettings ofProfile(DeviceProfileId profile);

    /** {@link RpcSettings#NONE} removes them. False: there is no such device. */
    boolean save(DeviceId device, RpcSettings settings);

    /** As {@link #save(DeviceId, RpcSettings)}. */
    boolean save(DeviceProfileId profile, RpcSettings settings);

    /** Whether any device or profile has names to mask. Any thread; from memory. */
    boolean hasMasks();

    /** Names to mask of those of these devices that have any. Any thread; completes on a thread of the store. */
    CompletionStage<Map<DeviceId, List<String>>> masks(Set<DeviceId> devices);
}
