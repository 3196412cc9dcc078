package io.signalbox.api;

import io.signalbox.identity.Caller;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** How many of one thing tenants, customers and users have now. Any thread; never blocks. */
final class SocketShares {
    private final ConcurrentHashMap<Owner, Integer> counts = new ConcurrentHashMap<>();

    /** Who has a share, in the words of refusals. */
    enum Whose {
        TENANT("tenant"),
        CUSTOMER("customer"),
        REGULAR_USER("regular user"),
        PUBLIC_USER("public user");

        private final String words;

        Whose(String words) {
            this.words = words;
        }

        /** What a socket is closed with that is one too many. */
        String refusal(String things) {
            return "Max " + words + " " + things + " limit reached" + (this == TENANT ? "!" : "");
        }
    }

    private record Owner(Whose whose, UUID id) {}

    /** Takes one for the caller, or says who has as many as it may. */
    Optional<Whose> take(Caller caller, SocketLimits.Each limits) {
        List<Owner> owners = owners(caller);
        for (int i = 0; i < owners.size(); i++) {
            if (!take(owners.get(i), limits)) {
                owners.subList(0, i).forEach(this::giveBack);
                return Optional.of(owners.get(i).whose());
            }
        }
        return Optional.empty();
    }

    private boolean take(Owner owner, SocketLimits.Each limits) {
        int max = switch (owner.whose()) {
            case TENANT -> limits.tenant();
            case CUSTOMER -> limits.customer();
            case REGULAR_USER -> limits.user();
            case PUBLIC_USER -> limits.publicUser();
        };
        boolean[] isIn = {true};
        counts.merge(owner, 1, (count, one) -> {
            isIn[0] = max == 0 || count < max;
            return isIn[0] ? count + one : count;
        });
        return isIn[0];
    }

    /** Undoes one {@link #take(Caller, SocketLimits.Each)} that took. */
    void giveBack(Caller caller) {
        owners(caller).forEach(this::giveBack);
    }

    private void giveBack(Owner owner) {
        counts.computeIfPresent(owner, (_, count) -> count == 1 ? null : count - 1);
    }

    /** Who acts as a public customer has its identifier for a user's. */
    private static List<Owner> owners(Caller caller) {
        UUID user = caller.user().uuid();
        boolean isPublic = caller.customer()
                .filter(customer -> customer.uuid().equals(user))
                .isPresent();
        return Stream.of(
                        caller.tenant().map(tenant -> new Owner(Whose.TENANT, tenant.uuid())),
                        caller.customer().map(customer -> new Owner(Whose.CUSTOMER, customer.uuid())),
                        Optional.of(new Owner(isPublic ? Whose.PUBLIC_USER : Whose.REGULAR_USER, user)))
                .flatMap(Optional::stream)
                .toList();
    }
}
