package io.signalbox.api;

import java.util.Locale;

/**
 * How the API calls devices, or assets: what tenants own and assign to their customers.
 *
 * @param word    in paths and parameters: {@code device}
 * @param section of the page that describes the API
 * @param about   a sentence about the section
 * @param one     what is read and written
 * @param info    the same, with what people want to see beside it
 * @param missing when a call finds none
 * @param hasActivity whether they can be active
 */
record OwnedKind(
        String word, String section, String about, Shape one, Shape info, String missing, boolean hasActivity) {
    /** As sentences and names of calls have it: {@code Device}. */
    String type() {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }

    /** As entity ids name it: {@code DEVICE}. */
    String entityType() {
        return word.toUpperCase(Locale.ROOT);
    }

    /** {@code a device}. */
    String article() {
        return (word.startsWith("a") ? "an " : "a ") + word;
    }

    /** Of paths. */
    String variable() {
        return word + "Id";
    }

    Descriptions.Section section(Descriptions all) {
        return all.section(section, about);
    }
}
