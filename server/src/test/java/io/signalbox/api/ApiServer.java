package io.signalbox.api;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.signalbox.audit.AuditEntries;
import io.signalbox.config.AuditChanges;
import io.signalbox.config.AuditRpc;
import io.signalbox.config.RateLimit;
import io.signalbox.device.CustomerId;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.identity.ApiKeys;
import io.signalbox.identity.Credentials;
import io.signalbox.identity.CustomerOwners;
import io.signalbox.identity.FirstStart;
import io.signalbox.identity.Guesses;
import io.signalbox.identity.IdentityStore;
import io.signalbox.identity.JwtSettings;
import io.signalbox.identity.Listings;
import io.signalbox.identity.Logins;
import io.signalbox.identity.Mailer;
import io.signalbox.identity.Mails;
import io.signalbox.identity.Passwords;
import io.signalbox.identity.SigningKey;
import io.signalbox.identity.SystemSettings;
import io.signalbox.identity.TenantContents;
import io.signalbox.identity.TenantProfiles;
import io.signalbox.identity.Tenants;
import io.signalbox.identity.Tokens;
import io.signalbox.identity.Users;
import io.signalbox.registry.AssetProfileService;
import io.signalbox.registry.AssetService;
import io.signalbox.registry.Customer;
import io.signalbox.registry.CustomerFields;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceListener;
import io.signalbox.registry.DeviceProfileService;
import io.signalbox.registry.DeviceService;
import io.signalbox.registry.Relations;
import io.signalbox.rpc.Commits;
import io.signalbox.rpc.PersistentRpcs;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.store.sql.CoreStore;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.TelemetryService;
import io.signalbox.testing.MemoryRpcStore;
import io.signalbox.testing.PointsInMemory;
import io.signalbox.transport.EventLoops;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The REST API on a free port, over a real store in a folder, with the accounts of the demo. */
final class ApiServer implements AutoCloseable {
    static final int BODY_BYTES_MAX = 1 << 20;

    final PointsInMemory points = new PointsInMemory();
    final MemoryRpcStore commands;
    final Feed feed = new Feed();
    final WebSockets sockets;
    final int port;
    final Routes routes;

    /** Mails that were sent, if mail is set up. */
    final BlockingQueue<Mailer.Mail> sentMails = new LinkedBlockingQueue<>();

    private final Mails mails;
    private final Credentials credentials;
    private final Vertx vertx = Vertx.vertx();
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final CoreStore store;
    final Passwords passwords = new Passwords();
    private final HttpApi api;
    private final HttpClient client = HttpClient.newHttpClient();

    ApiServer(Path folder) {
        InstantSource clock = InstantSource.system();
        SimpleMeterRegistry metrics = new SimpleMeterRegistry();
        store = CoreStore.open(folder, metrics);
        IdentityStore identities = store.identities();
        JwtSettings jwt =
                JwtSettings.start(SigningKey.loadOrCreate(folder), Duration.ofMinutes(150), Duration.ofDays(7));
        Tokens tokens = new Tokens(SystemSettings.jwt(identities, jwt), identities, clock);
        SystemSettings settings =
                new SystemSettings(identities, tokens, Optional.empty(), () -> "http://links.example");
        DeviceDirectory directory = new DeviceDirectory(store.devices(), 1000);
        DeviceService devices =
                new DeviceService(store.devices(), directory, new Unheard(), points::purge, clock, new SecureRandom());
        TenantContents contents = new Contents(devices);
        ApiKeys apiKeys = new ApiKeys(identities, clock, 1000);
        Guesses guesses = new Guesses(RateLimit.parse("1000:60"), RateLimit.parse("1000:60"), System::nanoTime);
        mails = new Mails(settings, (_, mail) -> sentMails.add(mail), metrics);
        Logins logins = new Logins(
                identities,
                passwords,
                tokens,
                settings,
                guesses,
                customer -> store.devices()
                        .customer(customer)
                        .filter(PublicAccess::isPublic)
                        .map(Customer::tenant),
                mails,
                new LoginAudit(store.audit(), clock),
                clock,
                true);
        credentials = new Credentials(
                identities, passwords, tokens, logins, settings, guesses, mails, apiKeys, clock, System::nanoTime);
        CustomerOwners owners = customer -> store.devices().customer(customer).map(Customer::tenant);
        Users users =
                new Users(identities, passwords, tokens, logins, settings, guesses, mails, apiKeys, owners, clock);
        Tenants tenants = new Tenants(identities, contents, tokens, apiKeys, clock);
        new FirstStart(identities, passwords, clock).demo(contents, tenant -> customerA(devices, tenant));
        Sessions sessions = new Sessions(new EventLoops(group).all(), _ -> new NoCommands());
        TelemetryService telemetry = new TelemetryService(points, store.attributes(feed), sessions);
        commands = new MemoryRpcStore(id -> store.devices().device(id));
        TenantProfiles profiles = new TenantProfiles(store.tenantProfiles(), clock);
        AuditEntries auditEntries = new AuditEntries(AuditRpc.ALL, Set.of(), 2000);
        routes = new Routes("0.0.0-test", new ChangeAudit(store.audit(), auditEntries, AuditChanges.RW, clock));
        routes.commands(new PersistentRpcs(commands, sessions, new Commits(), clock), directory);
        routes.devices(
                devices,
                store.deviceLists(),
                new DeviceProfileService(store.deviceProfiles(), directory, clock),
                users);
        routes.assets(
                new AssetService(store.assets(), devices, clock, new SecureRandom()),
                store.assets(),
                new AssetProfileService(store.assetProfiles(), clock),
                devices);
        Entities entities = new Entities(directory, store.devices(), store.assets(), identities, store.entityNumbers());
        routes.clients(store.usages(), store.userSettings(), true, clock);
        routes.relations(new Relations(store.relations()), entities);
        routes.telemetry(telemetry, entities, clock);
        routes.queries(store.entities(), telemetry);
        TenantRates rates = new TenantRates(profiles, RateLimit.NONE, RateLimit.NONE);
        routes.users(
                logins,
                users,
                credentials,
                settings,
                tenants,
                profiles,
                rates,
                new Listings(store.identityLists(), identities, owners));
        routes.apiKeys(apiKeys);
        routes.settings(settings, logins, mails);
        routes.audit(store.audit());
        routes.events(devices, store.events());
        routes.imports(devices, telemetry, clock);
        routes.claims(devices, telemetry, RateLimit.parse("5:3600"), clock, System::nanoTime);
        routes.statistics(store.statistics(), directory, clock);
        routes.plain("/health/live", () -> new Page(200, "text/plain", "live\n"));
        routes.plain("/broken", () -> {
            throw new IllegalStateException("a secret");
        });
        Authentication authentication = new Authentication(
                tokens, apiKeys, new CallLimits(RateLimit.NONE, RateLimit.NONE, rates, System::nanoTime));
        api = new HttpApi(
                vertx, new HttpApi.Settings(BODY_BYTES_MAX), authentication, new Errors(clock), metrics, routes);
        EventLoops loops = new EventLoops(((VertxInternal) vertx).nettyEventLoopGroup());
        sockets = new WebSockets(
                WebSockets.Settings.standard(1_000),
                authentication,
                new Errors(clock),
                tenant -> profiles.of(identities.tenant(tenant).orElseThrow()).data(),
                directory,
                telemetry,
                store.entities(),
                feed,
                _ -> loops.all().getFirst(),
                clock,
                System::nanoTime);
        HttpServer server = vertx.createHttpServer().requestHandler(request -> {
            if (!sockets.handle(request, loops.of(((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop()))) {
                api.handle(request);
            }
        });
        port = server.listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join()
                .actualPort();
    }

    private static CustomerId customerA(DeviceService devices, TenantId tenant) {
        return devices.createCustomer(
                        tenant, new CustomerFields("Customer A", Optional.empty(), "{}", Optional.empty()))
                .id();
    }

    /** Sends a request; {@code token} empty: none. */
    HttpResponse<String> call(String method, String path, String token, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).method(method, BodyPublishers.ofString(body));
        if (!token.isEmpty()) {
            request.header("X-Authorization", "Bearer " + token);
        }
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        return send(request);
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** A device as it is stored. */
    Device device(String deviceId) {
        return store.devices().device(DeviceId.parse(deviceId)).orElseThrow();
    }

    /** The store's number of a device. */
    long number(String deviceId) {
        return device(deviceId).number();
    }

    /** The access token of a user. */
    String login(String email, String password) {
        String body = "{\"username\":\"" + email + "\",\"password\":\"" + password + "\"}";
        return member(call("POST", "/api/auth/login", "", body).body(), "token");
    }

    /** A member of a JSON object; of an entity id its identifier. */
    static String member(String json, String name) {
        Body body = Body.of(Json.read(json));
        return body.value(name).orElseThrow() instanceof Node.Members
                ? body.value(name).map(Body::of).flatMap(id -> id.text("id")).orElseThrow()
                : body.text(name).orElseThrow();
    }

    @Override
    public void close() {
        sockets.close();
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        api.close();
        credentials.close();
        mails.close();
        client.close();
        passwords.close();
        store.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(10, TimeUnit.SECONDS);
    }

    private record Contents(DeviceService devices) implements TenantContents {
        @Override
        public void created(TenantId tenant) {
            devices.defaultProfile(tenant);
        }

        @Override
        public void deleted(TenantId tenant) {
            devices.deleteAllOf(tenant);
        }
    }

    private static final class Unheard implements DeviceListener {
        @Override
        public void deleted(Device device) {}

        @Override
        public void changed(Device device) {}

        @Override
        public void credentialsChanged(Device device) {}
    }

    private static final class NoCommands implements Mailbox.Commands {
        @Override
        public void on(Mailbox.Event.OfCommands event) {}

        @Override
        public void on(Signal.OfRpc signal) {}

        @Override
        public void ready(Mailbox.Receiver receiver) {}

        @Override
        public boolean isIdle() {
            return true;
        }
    }
}
