package io.signalbox.payload;

/** Checks bytes once, at the edge, so that everything behind it may cut and decode them without looking again. */
final class Utf8 {
    private Utf8() {}

    /**
     * Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF) without the
     * character NUL.
     */
    static boolean isText(byte[] in) {
        int at = 0;
        while (at < in.length) {
            int lead = in[at++];
            if (lead > 0) {
                continue;
            }
            int more = continuationBytes(lead);
            if (more < 0 || at + more > in.length || isOutOfRange(lead & 0xFF, in[at] & 0xFF)) {
                return false;
            }
            for (int end = at + more; at < end; at++) {
                if ((in[at] & 0xC0) != 0x80) {
                    return false;
                }
            }
        }
        return true;
    }

    /** How many bytes follow a lead byte that is not ASCII; -1: it is NUL, or no lead byte. */
    private static int continuationBytes(int lead) {
        int unsigned = lead & 0xFF;
        if (unsigned >= 0xC2 && unsigned <= 0xDF) {
            return 1;
        }
        if (unsigned >= 0xE0 && unsigned <= 0xEF) {
            return 2;
        }
        return unsigned >= 0xF0 && unsigned <= 0xF4 ? 3 : -1;
    }

    /** Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte. */
    private static boolean isOutOfRange(int lead, int second) {
        return switch (lead) {
            case 0xE0 -> second < 0xA0;
            case 0xED -> second > 0x9F;
            case 0xF0 -> second < 0x90;
            case 0xF4 -> second > 0x8F;
            default -> false;
        };
    }
}
