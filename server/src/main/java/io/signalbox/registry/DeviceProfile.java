package io.signalbox.registry;

import io.signalbox.device.DeviceProfileId;
import io.signalbox.device.TenantId;

/** A kind of device. {@code createdTime} is in epoch milliseconds; each tenant has exactly one with {@code isDefault}. */
public record DeviceProfile(
        DeviceProfileId id, long createdTime, TenantId tenant, String name, String description, boolean isDefault) {}
