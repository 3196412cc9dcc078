package io.signalbox.identity;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Compact JWS (RFC 7515 §3.1) with HS512 and nothing else: the algorithm is ours, the header of a token never chooses it.
 *
 * <p>Any thread; never blocks.
 */
final class Jws {
    /** Far above what we issue; longer text is not looked at. */
    static final int TOKEN_CHARS_MAX = 4096;

    private static final String HEADER = encode("{\"alg\":\"HS512\"}".getBytes(StandardCharsets.US_ASCII));
    private static final String ALGORITHM = "HmacSHA512";
    private static final JsonFactory JSON = new JsonFactory();

    /** Holds the key and is only ever cloned: cheaper than a new one for each token, and safe from any thread. */
    private final Mac keyed;

    Jws(SigningKey key) {
        try {
            keyed = Mac.getInstance(ALGORITHM);
            keyed.init(new SecretKeySpec(key.secret(), ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + ALGORITHM, e);
        }
    }

    /** What {@link #open} found. */
    sealed interface Opened {
        /** Signed by us: the JSON of the claims. */
        record Claims(String json) implements Opened {}

        /** Shaped like a token of ours, and signed with another key. */
        record Forged() implements Opened {}

        /** Anything else: no token, no signature, another algorithm. */
        record Malformed() implements Opened {}
    }

    private static final Opened FORGED = new Opened.Forged();
    private static final Opened MALFORMED = new Opened.Malformed();

    String sign(byte[] claims) {
        String signed = HEADER + "." + encode(claims);
        return signed + "." + encode(mac(signed.getBytes(StandardCharsets.US_ASCII), signed.length()));
    }

    Opened open(String token) {
        int first = token.indexOf('.');
        int last = token.lastIndexOf('.');
        if (token.length() > TOKEN_CHARS_MAX || first < 0 || token.indexOf('.', first + 1) != last) {
            return MALFORMED;
        }
        if (!isHs512(token.substring(0, first)) || last == token.length() - 1) {
            return MALFORMED;
        }
        String claims;
        try {
            byte[] utf8 = Base64.getUrlDecoder().decode(token.substring(first + 1, last));
            claims = new String(utf8, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return MALFORMED;
        }
        byte[] text = token.getBytes(StandardCharsets.ISO_8859_1);
        byte[] expected = Base64.getUrlEncoder().withoutPadding().encode(mac(text, last));
        byte[] given = Arrays.copyOfRange(text, last + 1, text.length);
        return MessageDigest.isEqual(expected, given) ? new Opened.Claims(claims) : FORGED;
    }

    /** Our own header is compared as text; others may be spaced differently, but must say the same and no more. */
    private static boolean isHs512(String header) {
        if (header.equals(HEADER)) {
            return true;
        }
        try (JsonParser json = JSON.createParser(
                ObjectReadContext.empty(), Base64.getUrlDecoder().decode(header))) {
            boolean named = false;
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                if (json.nextToken() != JsonToken.VALUE_STRING) {
                    return false;
                }
                switch (name) {
                    case "alg" -> named = json.getString().equals("HS512");
                    case "typ" -> {}
                    default -> {
                        return false;
                    }
                }
            }
            return named && json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null;
        } catch (IllegalArgumentException | JacksonException e) {
            return false;
        }
    }

    private byte[] mac(byte[] text, int length) {
        try {
            Mac mac = (Mac) keyed.clone();
            mac.update(text, 0, length);
            return mac.doFinal();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the JDK's " + ALGORITHM + " cannot be cloned", e);
        }
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
