package io.signalbox.api;

import static io.vertx.core.http.HttpMethod.DELETE;
import static io.vertx.core.http.HttpMethod.GET;
import static io.vertx.core.http.HttpMethod.PATCH;
import static io.vertx.core.http.HttpMethod.POST;
import static io.vertx.core.http.HttpMethod.PUT;

import io.signalbox.audit.AuditStore;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Logins;
import io.signalbox.identity.Tenants;
import io.signalbox.identity.Users;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceService;
import io.signalbox.rpc.PersistentRpcs;
import io.signalbox.rpc.StatisticsStore;
import io.signalbox.telemetry.TelemetryService;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The one table of URLs: method, path, who may call, handler. What is not here or on a faster path does not exist.
 *
 * <p>Each call of the API has its entry in {@link Descriptions}. Of two routes that fit, the first wins: a path with a word stands above the one with a variable in its place.
 */
public final class Routes {
    private static final Set<Authority> ANYBODY = Set.of();
    private static final Set<Authority> ALL = EnumSet.allOf(Authority.class);
    private static final Set<Authority> SYSTEM = EnumSet.of(Authority.SYS_ADMIN);
    private static final Set<Authority> TENANT = EnumSet.of(Authority.TENANT_ADMIN);
    private static final Set<Authority> TENANT_AND_CUSTOMER =
            EnumSet.of(Authority.TENANT_ADMIN, Authority.CUSTOMER_USER);
    private static final Set<Authority> ADMINS = EnumSet.of(Authority.SYS_ADMIN, Authority.TENANT_ADMIN);
    private static final String TELEMETRY = "/api/plugins/telemetry/";

    private final List<Route> table = new ArrayList<>();

    /** @param version our own, beside the one that we are compatible with */
    public Routes(
            Logins logins,
            Users users,
            Tenants tenants,
            DeviceService devices,
            DeviceDirectory directory,
            TelemetryService telemetry,
            InstantSource clock,
            String version) {
        auth(new AuthResource(logins, users));
        users(new UserResource(users));
        devices(new DeviceResource(devices)); // names before the variables of /api/tenant/:tenantId
        tenants(new TenantResource(tenants));
        customers(new CustomerResource(devices, users));
        telemetry(new TelemetryResource(telemetry, directory, clock));
        json(GET, "/api/system/info", ALL, new SystemResource(version)::info);
        docs(new DocsResource(this::table, version));
    }

    private void auth(AuthResource auth) {
        for (HttpMethod other : List.of(GET, PUT, PATCH, DELETE)) {
            raw(other, "/api/auth/login", ANYBODY, AuthResource.OTHER_METHOD);
            raw(other, "/api/auth/token", ANYBODY, AuthResource.OTHER_METHOD);
        }
        raw(POST, "/api/auth/login", ANYBODY, auth::login);
        raw(POST, "/api/auth/token", ANYBODY, auth::refresh);
        json(POST, "/api/auth/logout", ALL, auth::logout);
        json(GET, "/api/auth/user", ALL, auth::currentUser);
        raw(GET, "/api/noauth/activate", ANYBODY, auth::followActivationLink);
        json(POST, "/api/noauth/activate", ANYBODY, auth::activate);
        json(GET, "/api/noauth/userPasswordPolicy", ANYBODY, auth::passwordPolicy);
    }

    private void users(UserResource users) {
        json(POST, "/api/user", ALL, users::save);
        json(GET, "/api/user/:userId", ALL, users::read);
        json(DELETE, "/api/user/:userId", ADMINS, users::delete);
        raw(GET, "/api/user/:userId/activationLink", ADMINS, users::activationLink);
    }

    private void tenants(TenantResource tenants) {
        json(POST, "/api/tenant", SYSTEM, tenants::save);
        json(GET, "/api/tenant/:tenantId", ADMINS, tenants::read);
        json(DELETE, "/api/tenant/:tenantId", ADMINS, tenants::delete);
    }

    private void customers(CustomerResource customers) {
        json(POST, "/api/customer", TENANT, customers::save);
        json(GET, "/api/customer/:customerId", TENANT_AND_CUSTOMER, customers::read);
        json(GET, "/api/customer/:customerId/shortInfo", TENANT_AND_CUSTOMER, customers::shortInfo);
        raw(GET, "/api/customer/:customerId/title", TENANT_AND_CUSTOMER, customers::title);
        json(DELETE, "/api/customer/:customerId", TENANT, customers::delete);
    }

    private void devices(DeviceResource devices) {
        json(GET, "/api/tenant/device", TENANT, devices::byName);
        json(GET, "/api/tenant/devices", TENANT, devices::byName);
        json(POST, "/api/device", TENANT_AND_CUSTOMER, devices::save);
        json(GET, "/api/device/:deviceId", TENANT_AND_CUSTOMER, devices::read);
        json(DELETE, "/api/device/:deviceId", TENANT, devices::delete);
        json(GET, "/api/device/:deviceId/credentials", TENANT_AND_CUSTOMER, devices::credentials);
        raw(POST, "/api/customer/:customerId/device/:deviceId", TENANT, devices::assign);
        raw(DELETE, "/api/customer/device/:deviceId", TENANT, devices::unassign);
    }

    /** Bodies are read as they are, whatever their content type. */
    private void telemetry(TelemetryResource telemetry) {
        String entity = TELEMETRY + ":entityType/:entityId";
        raw(GET, entity + "/keys/timeseries", ALL, telemetry::timeseriesKeys);
        raw(GET, entity + "/values/timeseries", ALL, telemetry::timeseries);
        raw(GET, entity + "/values/timeseries/history", ALL, telemetry::history);
        raw(GET, entity + "/keys/attributes", ALL, telemetry::attributeKeys);
        raw(GET, entity + "/keys/attributes/:scope", ALL, telemetry::attributeKeys);
        raw(GET, entity + "/values/attributes", ALL, telemetry::attributes);
        raw(GET, entity + "/values/attributes/:scope", ALL, telemetry::attributes);
        raw(POST, TELEMETRY + ":entityId/:scope", ALL, telemetry::saveAttributes);
        raw(POST, entity + "/:scope", ALL, telemetry::saveAttributes);
        raw(POST, entity + "/attributes/:scope", ALL, telemetry::saveAttributes);
    }

    /** Adds what callers read and change of persistent commands; sending them has a faster path. */
    public void commands(PersistentRpcs persistent, DeviceDirectory directory) {
        RpcResource rpcs = new RpcResource(persistent, directory);
        String all = "/api/rpc/persistent";
        json(GET, all, TENANT_AND_CUSTOMER, rpcs::search);
        raw(GET, all + "/device/:deviceId", TENANT_AND_CUSTOMER, rpcs::ofDevice);
        json(GET, all + "/:rpcId", TENANT_AND_CUSTOMER, rpcs::read);
        json(DELETE, all + "/:rpcId", TENANT, rpcs::delete);
        json(GET, all + "/:rpcId/history", TENANT_AND_CUSTOMER, rpcs::history);
        raw(POST, all + "/:rpcId/cancel", TENANT_AND_CUSTOMER, rpcs::cancel);
        plain(RpcProblem.PAGE, RpcProblem::page);
    }

    /** Adds what is counted of commands. */
    public void statistics(StatisticsStore store, DeviceDirectory directory, InstantSource clock) {
        StatisticsResource statistics = new StatisticsResource(store, directory, clock);
        json(GET, "/api/rpc/statistics", TENANT_AND_CUSTOMER, statistics::read);
    }

    /** What clients and people read about all of these; what is said of each stands in {@link Descriptions}. */
    private void docs(DocsResource docs) {
        raw(GET, "/v3/api-docs", ANYBODY, docs::document);
        raw(GET, "/v3/api-docs/thingsboard", ANYBODY, docs::document); // the group that generators of clients ask for
        raw(GET, "/swagger-ui/", ANYBODY, docs::page);
        raw(GET, "/swagger-ui/index.html", ANYBODY, docs::page);
        raw(GET, "/swagger-ui/start.js", ANYBODY, docs::start);
        raw(GET, "/swagger-ui/swagger-ui-bundle.js", ANYBODY, docs::script);
        raw(GET, "/swagger-ui/swagger-ui.css", ANYBODY, docs::style);
        raw(GET, "/swagger-ui", ANYBODY, DocsResource::toPage);
        raw(GET, "/swagger-ui.html", ANYBODY, DocsResource::toPage);
    }

    /** Adds what is read of the audit log. */
    public void audit(AuditStore store) {
        AuditResource audit = new AuditResource(store);
        json(GET, "/api/audit/logs", ADMINS, audit::all);
        json(GET, "/api/audit/logs/entity/:entityType/:entityId", ADMINS, audit::ofEntity);
        json(GET, "/api/audit/logs/customer/:customerId", TENANT, audit::ofCustomer);
        json(GET, "/api/audit/logs/user/:userId", TENANT, audit::ofUser);
    }

    /** Adds a page of the server itself, outside {@code /api}, for anybody. It is made on a virtual thread and may block. */
    public void plain(String path, Supplier<Page> page) {
        raw(GET, path, ANYBODY, _ -> {
            Page made = page.get();
            return new Response(made.status(), made.contentType(), Buffer.buffer(made.body()), Map.of());
        });
    }

    private void json(HttpMethod method, String path, Set<Authority> roles, Endpoint endpoint) {
        table.add(new Route(method, path, roles, method.equals(POST) || method.equals(PUT), endpoint));
    }

    private void raw(HttpMethod method, String path, Set<Authority> roles, Endpoint endpoint) {
        table.add(new Route(method, path, roles, false, endpoint));
    }

    List<Route> table() {
        return List.copyOf(table);
    }
}
