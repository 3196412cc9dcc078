package io.signalbox.registry;

/**
 * What clients may write about a device profile. An update replaces all of it but {@code isDefault}.
 *
 * @param name an empty or blank one is refused
 */
public record DeviceProfileFields(
        String name, String description, boolean isDefault, DeviceProfile.Settings settings) {}
