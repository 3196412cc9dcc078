package io.signalbox.registry;

import io.signalbox.device.Device;

/**
 * Hears of changes of devices after their commit, so that live sessions can follow. Any thread; must not block. Changes of one
 * device may come out of order: its version tells.
 */
public interface DeviceListener {
    void deleted(Device device);

    void changed(Device device);

    /** What it showed to get in counts no more. */
    void credentialsChanged(Device device);
}
