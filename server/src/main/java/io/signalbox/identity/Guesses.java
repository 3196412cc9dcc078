package io.signalbox.identity;

import io.signalbox.config.RateLimit;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Holds up who guesses passwords and links: failures are counted for the address they come from and the account they are
 * about, whether there is such an account or not. Memory is bounded. Any thread; never blocks.
 */
public final class Guesses {
    private static final int IPV6_NETWORK_BYTES = 8;
    private static final int NAME_CHARS_MAX = 255;

    private final RateLimit perAddress;
    private final RateLimit perAccount;
    private final RateBuckets<String> addresses;
    private final RateBuckets<String> accounts;

    public Guesses(RateLimit perAddress, RateLimit perAccount, LongSupplier nanoTime) {
        this.perAddress = perAddress;
        this.perAccount = perAccount;
        this.addresses = new RateBuckets<>(nanoTime);
        this.accounts = new RateBuckets<>(nanoTime);
    }

    /** @throws Rejected {@code TOO_MANY_REQUESTS}: too many failures from there, or for this account */
    void check(Client client, String account) {
        if (!addresses.has(network(client.address()), perAddress) || !accounts.has(name(account), perAccount)) {
            throw refused();
        }
    }

    /** @throws Rejected {@code TOO_MANY_REQUESTS}: too many failures from there */
    void check(Client client) {
        if (!addresses.has(network(client.address()), perAddress)) {
            throw refused();
        }
    }

    private static Rejected refused() {
        return new Rejected(ErrorCode.TOO_MANY_REQUESTS, "Too many failed attempts, please try again later");
    }

    void failed(Client client, String account) {
        failed(client);
        accounts.take(name(account), perAccount);
    }

    void failed(Client client) {
        addresses.take(network(client.address()), perAddress);
    }

    private static String name(String account) {
        String name = account.toLowerCase(Locale.ROOT);
        return name.length() <= NAME_CHARS_MAX ? name : name.substring(0, NAME_CHARS_MAX);
    }

    /** Who has an IPv6 address has 2^64 of them. */
    public static String network(String address) {
        if (address.indexOf(':') < 0) {
            return address;
        }
        try {
            byte[] bytes = InetAddress.ofLiteral(address).getAddress();
            return bytes.length > 4 ? HexFormat.of().formatHex(Arrays.copyOf(bytes, IPV6_NETWORK_BYTES)) : address;
        } catch (IllegalArgumentException e) {
            return address;
        }
    }
}
