package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.List;

/**
 * Which users and tenants a caller sees (REST API §10, §11). Virtual or platform threads: calls block. Failures are {@link
 * io.signalbox.ops.Rejected}, in the words of the specification.
 */
public final class Listings {
    private final IdentityLists lists;
    private final IdentityStore store;
    private final CustomerOwners customers;

    public Listings(IdentityLists lists, IdentityStore store, CustomerOwners customers) {
        this.lists = lists;
        this.store = store;
        this.customers = customers;
    }

    /** Those of the caller's tenant, or, to a customer's user, those of its customer. */
    public Listed<User> users(Caller caller, PageLink link) {
        return switch (caller.authority()) {
            case SYS_ADMIN -> throw Access.forbidden();
            case TENANT_ADMIN -> lists.users(caller.tenant().orElseThrow(Access::forbidden), link);
            case CUSTOMER_USER -> lists.users(caller.customer().orElseThrow(Access::forbidden), link);
        };
    }

    /** The administrators of a tenant. */
    public Listed<User> administrators(Caller caller, TenantId tenant, PageLink link) {
        if (caller.authority() != Authority.SYS_ADMIN) {
            throw Access.forbidden();
        }
        return lists.administrators(tenant, link);
    }

    public Listed<User> users(Caller caller, CustomerId customer, PageLink link) {
        TenantId owner = customers.tenantOf(customer).orElseThrow(() -> Access.missing("Customer", customer));
        Access.customer(caller, Access.Operation.WRITE, owner, customer).orReject("Customer", customer);
        return lists.users(customer, link);
    }

    /** Those of these users whom the caller may see; the others are left out. */
    public List<User> users(Caller caller, List<UserId> ids) {
        return ids.stream()
                .distinct()
                .flatMap(id -> store.user(id).stream())
                .filter(user -> Access.user(caller, Access.Operation.READ, user) == Access.Verdict.ALLOWED)
                .toList();
    }

    public Listed<Tenant> tenants(Caller caller, PageLink link) {
        if (caller.authority() != Authority.SYS_ADMIN) {
            throw Access.forbidden();
        }
        return lists.tenants(link);
    }

    /** As {@link #users(Caller, List)}. */
    public List<Tenant> tenants(Caller caller, List<TenantId> ids) {
        return ids.stream()
                .distinct()
                .filter(id -> Access.tenant(caller, Access.Operation.READ, id) == Access.Verdict.ALLOWED)
                .flatMap(id -> store.tenant(id).stream())
                .toList();
    }
}
