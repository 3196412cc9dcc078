package io.signalbox.registry;

/**
 * What clients may write about an asset profile. An update replaces all of it but {@code isDefault}.
 *
 * @param name   an empty or blank one is refused
 * @param extras as {@link AssetProfile#extras}
 */
public record AssetProfileFields(String name, String description, boolean isDefault, String extras) {}
