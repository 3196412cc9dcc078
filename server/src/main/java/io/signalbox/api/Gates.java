package io.signalbox.api;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The second gate: what a call comes to whose role is right and whose object is not the caller's. The first gate stands in the
 * table of routes; which operations on its own objects a role has stands in {@link io.signalbox.identity.Access}.
 *
 * <p>A variable of a path names an object of one of these kinds. The description of the API says it of each call, and a test
 * tries each call, each role and each kind.
 */
enum Gates {
    DEVICE("deviceId", "Device", 404),
    ENTITY("entityId", "Entity", 404),
    DEVICE_PROFILE("deviceProfileId", "Device profile", 403),
    ASSET("assetId", "Asset", 404),
    ASSET_PROFILE("assetProfileId", "Asset profile", 403),
    CUSTOMER("customerId", "Customer", 403),
    USER("userId", "User", 403),
    TENANT("tenantId", "Tenant", 403),
    COMMAND("rpcId", "Command", 403),
    API_KEY("apiKeyId", "API key", 403),
    LOGIN("loginId", "Login", 404);

    /** Lists of the caller's own tenant: an id there chooses among its entries, and a foreign one fits none of them. */
    private static final List<String> FILTERS = List.of("/api/audit/logs/");

    /** Variables that name what belongs to no tenant: there the role is all that counts. */
    private static final Set<String> OF_NO_TENANT = Set.of("tenantProfileId");

    private final String variable;
    private final String type;
    private final int foreignStatus;

    Gates(String variable, String type, int foreignStatus) {
        this.variable = variable;
        this.type = type;
        this.foreignStatus = foreignStatus;
    }

    String variable() {
        return variable;
    }

    /** The status for another tenant's object; 404: as if there were none. One that does not exist is always 404. */
    int foreignStatus() {
        return foreignStatus;
    }

    /** The kind that a variable names an object of. */
    static Optional<Gates> of(String variable) {
        return Arrays.stream(values())
                .filter(gate -> gate.variable.equals(variable))
                .findFirst();
    }

    static boolean isOfNoTenant(String variable) {
        return OF_NO_TENANT.contains(variable);
    }

    /** The kinds that the variables of a path name, in their order; none where they only choose among the caller's own. */
    static List<Gates> ofPath(String path) {
        if (isFilter(path)) {
            return List.of();
        }
        return Arrays.stream(path.split("/", -1))
                .filter(part -> part.startsWith(":"))
                .flatMap(part -> of(part.substring(1)).stream())
                .toList();
    }

    static boolean isFilter(String path) {
        return FILTERS.stream().anyMatch(path::startsWith);
    }

    /** A sentence for the description of a call; empty text when there is nothing to say. */
    static String say(String path) {
        StringBuilder text = new StringBuilder();
        for (Gates gate : ofPath(path)) {
            text.append(' ')
                    .append(gate.type)
                    .append(" of another tenant: ")
                    .append(gate.foreignStatus)
                    .append('.');
        }
        return text.toString();
    }
}
