package io.signalbox.api;

import io.signalbox.config.RateLimit;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.identity.Caller;
import io.signalbox.identity.Guesses;
import io.signalbox.identity.RateBuckets;
import io.signalbox.ops.ErrorCode;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.util.Optional;
import java.util.function.LongSupplier;

/** How many requests addresses, users, customers and tenants may make (REST API §4.2). Event loops; never blocks. */
public final class CallLimits {
    static final Authenticated.Refused ADDRESS = refused("Too many requests from this address!");

    private static final Authenticated USER = refused("Too many requests for current user!");
    private static final Authenticated TENANT = refused("Too many requests for current tenant!");
    private static final Authenticated CUSTOMER = refused("Too many requests for current customer!");

    private final RateLimit perAddress;
    private final RateLimit perUser;
    private final OfTenants tenants;
    private final RateBuckets<String> addresses;
    private final RateBuckets<UserId> users;
    private final RateBuckets<TenantId> ofTenants;
    private final RateBuckets<CustomerId> ofCustomers;

    /** The limits of each tenant. Event loops; never blocks. */
    public interface OfTenants {
        /** Of all its users together. */
        RateLimit tenant(TenantId tenant);

        /** Of the users of each of its customers. */
        RateLimit customer(TenantId tenant);
    }

    public CallLimits(RateLimit perAddress, RateLimit perUser, OfTenants tenants, LongSupplier nanoTime) {
        this.perAddress = perAddress;
        this.perUser = perUser;
        this.tenants = tenants;
        this.addresses = new RateBuckets<>(nanoTime);
        this.users = new RateBuckets<>(nanoTime);
        this.ofTenants = new RateBuckets<>(nanoTime);
        this.ofCustomers = new RateBuckets<>(nanoTime);
    }

    /** Counts a request for where it comes from. */
    boolean admits(HttpServerRequest request) {
        return perAddress.isNone() || addresses.take(Guesses.network(address(request)), perAddress);
    }

    /** Counts a request for who makes it, and says how it is turned away if there were too many. */
    Optional<Authenticated> refusal(Caller caller) {
        if (!users.take(caller.user(), perUser)) {
            return Optional.of(USER);
        }
        if (caller.tenant().isEmpty()) {
            return Optional.empty();
        }
        TenantId tenant = caller.tenant().get();
        if (!ofTenants.take(tenant, tenants.tenant(tenant))) {
            return Optional.of(TENANT);
        }
        boolean over = caller.customer().isPresent()
                && !ofCustomers.take(caller.customer().get(), tenants.customer(tenant));
        return over ? Optional.of(CUSTOMER) : Optional.empty();
    }

    /** The IP address; empty text when it is not known. */
    static String address(HttpServerRequest request) {
        SocketAddress address = request.remoteAddress();
        return address == null || address.hostAddress() == null ? "" : address.hostAddress();
    }

    private static Authenticated.Refused refused(String text) {
        return new Authenticated.Refused(ErrorCode.TOO_MANY_REQUESTS, text);
    }
}
