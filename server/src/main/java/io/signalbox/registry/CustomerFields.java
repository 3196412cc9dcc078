package io.signalbox.registry;

import java.util.Optional;

/**
 * What clients may write about a customer, unchecked. An update replaces all of it.
 *
 * @param title          an empty or blank one is refused
 * @param email          the member of {@code contact} that is checked
 * @param contact        as {@link Customer#contact}
 * @param additionalInfo JSON text of an object; empty when the wire says {@code null}
 */
public record CustomerFields(String title, Optional<String> email, String contact, Optional<String> additionalInfo) {}
