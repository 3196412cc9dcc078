package io.signalbox.registry;

import io.signalbox.device.AssetProfileId;
import io.signalbox.device.CustomerId;
import java.util.Optional;

/**
 * What clients may write about an asset, unchecked. An update replaces all of it.
 *
 * @param name           an empty or blank one is refused
 * @param type           the name of a profile, which is made when it is missing; empty: the default profile
 * @param profile        wins over {@code type}
 * @param customer       who the asset is assigned to
 * @param additionalInfo JSON text of an object; empty when the wire says {@code null}
 */
public record AssetFields(
        String name,
        Optional<String> type,
        Optional<String> label,
        Optional<AssetProfileId> profile,
        Optional<CustomerId> customer,
        Optional<String> additionalInfo) {}
