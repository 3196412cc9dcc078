package io.signalbox.rpc;

import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceProfileId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How commands go out to devices and those of profiles, as administrators set it. Blocks until it is read or committed: virtual
 * threads. Whether the caller may do it is checked before.
 */
public final class RpcSettingsService {
    private final RpcSettingsStore store;
    private final RpcService rpcs;
    private final Defaults defaults;

    /** So that connected devices hear of changes of a profile in the order of their commits. */
    private final ReentrantLock profiles = new ReentrantLock();

    /**
     * What counts where nothing is set.
     *
     * @param mask counts beside what is set, too
     */
    public record Defaults(SubmitStrategy submitStrategy, List<String> mask) {}

    public RpcSettingsService(RpcSettingsStore store, RpcService rpcs, Defaults defaults) {
        this.store = store;
        this.rpcs = rpcs;
        this.defaults = defaults;
    }

    public Defaults defaults() {
        return defaults;
    }

    /** @throws Rejected {@code NOT_FOUND}: the device is gone */
    public RpcSettings.OfDevice of(Device device) {
        return store.ofDevice(device.id())
                .orElseThrow(() -> missing("Device", device.id().toString()));
    }

    public RpcSettings of(DeviceProfileId profile) {
        return store.ofProfile(profile);
    }

    /** Replaces all that is set for the device itself; counts at once. */
    public void set(Device device, RpcSettings settings) {
        if (!store.save(device.id(), settings)) {
            throw missing("Device", device.id().toString());
        }
        rpcs.settingsChanged(device.number());
    }

    /** Replaces all that is set for the profile; counts at once. */
    public void set(DeviceProfileId profile, RpcSettings settings) {
        profiles.lock();
        try {
            if (!store.save(profile, settings)) {
                throw missing("Device profile", profile.toString());
            }
            rpcs.changed(profile, settings);
        } finally {
            profiles.unlock();
        }
    }

    private static Rejected missing(String type, String id) {
        return new Rejected(ErrorCode.NOT_FOUND, type + " with id [" + id + "] is not found");
    }
}
