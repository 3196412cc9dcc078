package io.signalbox.api;

/**
 * How the API calls one kind of profiles.
 *
 * @param word    in paths and parameters: {@code deviceProfile}
 * @param type    as entity ids name it: {@code DEVICE_PROFILE}
 * @param section of the page that describes the API
 * @param about   a sentence about the section
 * @param members what has such profiles, many of them: {@code devices}
 * @param one     what is read and written
 * @param info    the same in short
 */
record ProfileKind(String word, String type, String section, String about, String members, Shape one, Shape info) {
    /** Within names of calls: {@code DeviceProfile}. */
    String titled() {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }

    /** Of paths. */
    String variable() {
        return word + "Id";
    }
}
