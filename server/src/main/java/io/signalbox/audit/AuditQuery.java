package io.signalbox.audit;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Which entries of one tenant, and which part of them.
 *
 * @param tenant     empty: entries of the system administrator
 * @param fromTime   epoch milliseconds, as {@code toTime}; both belong to the range
 * @param actions    empty: all
 * @param textSearch contained in a name or word of the entry, whatever the case; empty: everything is
 */
public record AuditQuery(
        Optional<TenantId> tenant,
        About about,
        long fromTime,
        long toTime,
        Set<AuditAction> actions,
        String textSearch,
        Order order,
        boolean descending,
        int page,
        int pageSize) {

    /** What the entries have in common. */
    public sealed interface About {
        record Everything() implements About {}

        record Entity(String type, UUID id) implements About {}

        /** What users of this customer did. */
        record OfCustomer(CustomerId customer) implements About {}

        record OfUser(UserId user) implements About {}
    }

    /** What entries are sorted by; among equals the older comes first. */
    public enum Order {
        CREATED_TIME("createdTime"),
        ENTITY_TYPE("entityType"),
        ENTITY_NAME("entityName"),
        USER_NAME("userName"),
        ACTION_TYPE("actionType"),
        ACTION_STATUS("actionStatus");

        private final String property;

        Order(String property) {
            this.property = property;
        }

        public static Optional<Order> named(String property) {
            for (Order order : values()) {
                if (order.property.equals(property)) {
                    return Optional.of(order);
                }
            }
            return Optional.empty();
        }
    }
}
