package io.signalbox.api;

import io.signalbox.registry.Customer;
import java.util.Map;

/** Which customers everybody may act as: those whose {@code additionalInfo.isPublic} is true (authentication §3). */
public final class PublicAccess {
    private PublicAccess() {}

    /** Pure; any thread. */
    public static boolean isPublic(Customer customer) {
        return customer.additionalInfo()
                .map(Json::read)
                .filter(info -> info instanceof Node.Members(Map<String, Node> members)
                        && new Node.Flag(true).equals(members.get("isPublic")))
                .isPresent();
    }
}
