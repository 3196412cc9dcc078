package io.signalbox;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.signalbox.api.Authentication;
import io.signalbox.api.CallLimits;
import io.signalbox.api.ChangeAudit;
import io.signalbox.api.Entities;
import io.signalbox.api.Errors;
import io.signalbox.api.HttpApi;
import io.signalbox.api.LoginAudit;
import io.signalbox.api.Page;
import io.signalbox.api.PublicAccess;
import io.signalbox.api.Routes;
import io.signalbox.api.RpcEvents;
import io.signalbox.api.RpcRoutes;
import io.signalbox.api.TenantRates;
import io.signalbox.api.WebSockets;
import io.signalbox.audit.AuditEntries;
import io.signalbox.audit.AuditLog;
import io.signalbox.audit.Masks;
import io.signalbox.config.Config;
import io.signalbox.config.NetworkIo;
import io.signalbox.config.PostgresUrl;
import io.signalbox.device.Device;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.events.EventLog;
import io.signalbox.identity.ApiKeys;
import io.signalbox.identity.Credentials;
import io.signalbox.identity.CustomerOwners;
import io.signalbox.identity.FirstStart;
import io.signalbox.identity.Guesses;
import io.signalbox.identity.IdentityStore;
import io.signalbox.identity.JwtSettings;
import io.signalbox.identity.Listings;
import io.signalbox.identity.Logins;
import io.signalbox.identity.Mails;
import io.signalbox.identity.Passwords;
import io.signalbox.identity.SigningKey;
import io.signalbox.identity.SystemSettings;
import io.signalbox.identity.TenantContents;
import io.signalbox.identity.TenantProfiles;
import io.signalbox.identity.Tenants;
import io.signalbox.identity.Tokens;
import io.signalbox.identity.Users;
import io.signalbox.ingress.Ingress;
import io.signalbox.mail.SmtpMailer;
import io.signalbox.ops.Health;
import io.signalbox.ops.Metrics;
import io.signalbox.ops.Rejected;
import io.signalbox.presence.Presence;
import io.signalbox.registry.AssetProfileService;
import io.signalbox.registry.AssetService;
import io.signalbox.registry.Customer;
import io.signalbox.registry.DeviceDirectory;
import io.signalbox.registry.DeviceListener;
import io.signalbox.registry.DeviceProfileService;
import io.signalbox.registry.DeviceService;
import io.signalbox.registry.Relations;
import io.signalbox.rpc.KeyedCalls;
import io.signalbox.rpc.PersistentRpcs;
import io.signalbox.rpc.RpcFigures;
import io.signalbox.rpc.RpcService;
import io.signalbox.rpc.RpcSettingsService;
import io.signalbox.rpc.RpcSettingsStore;
import io.signalbox.rpc.RpcStatistics;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore;
import io.signalbox.session.CloseReason;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Sessions;
import io.signalbox.store.sql.CoreStore;
import io.signalbox.store.sql.Database;
import io.signalbox.store.sql.SqlFailure;
import io.signalbox.store.sql.points.PointsSettings;
import io.signalbox.store.sql.points.PointsStore;
import io.signalbox.store.sql.points.PostgresPoints;
import io.signalbox.telemetry.Feed;
import io.signalbox.telemetry.TelemetryService;
import io.signalbox.telemetry.TelemetryStore;
import io.signalbox.transport.EventLoops;
import io.signalbox.transport.http.HttpTransport;
import io.signalbox.transport.mqtt.MqttTransport;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole server: services wired by constructor, started, and stopped in reverse. One of it can run for each data folder.
 * {@link #start} and {@link #stop} block.
 */
final class Server {
    private static final Duration BODY_TIMEOUT = Duration.ofSeconds(30);
    /** Of all bodies that are being read, and again of all open commands. */
    private static final long RPC_BYTES_MAX = 32 << 20;

    private static final long DEVICE_REQUESTS_BYTES_MAX = 32 << 20;
    private static final int DEVICE_RPC_BODY_BYTES_MAX = 65_536;
    private static final Duration PURGE_PERIOD = Duration.ofMinutes(10);
    private static final Duration SWEEP_PERIOD = Duration.ofMillis(500);
    private static final Duration ANSWERS_GRACE = Duration.ofMillis(200);

    private static final int EVENT_STREAMS_MAX = 1_000;
    private static final Duration EVENT_STREAM_PING = Duration.ofSeconds(15);

    private static final String DEMO_MARK = "demo-data";
    private static final String HOLDS_DEMO_DATA =
            " holds demo data with well-known passwords; start with --demo or bind to 127.0.0.1, use another one, or set demo-beyond-loopback";

    private static final int SOCKET_MESSAGES_MAX = 1_000;

    private static final int LOST_LOOP = 70;
    private static final Logger log = LoggerFactory.getLogger(Server.class);

    private final Config config;
    private final DataFolder folder;
    private final InstantSource clock;
    private final Metrics metrics = new Metrics();
    private final Health health;
    private final Feed feed = new Feed();
    private final CoreStore core;
    private final TelemetryStore points;
    private final Passwords passwords;
    private final VertxInternal vertx;
    private final EventLoops loops;
    private final RpcStore commands;
    private final RpcService rpcs;
    private final KeyedCalls keyedCalls;
    private final DeviceDirectory directory;
    private final DeviceService devices;
    private final HttpApi api;
    private final Mails mails;
    private final Credentials credentials;
    private final LoginAudit loginAudit;
    private final AuditLog audit;
    private final ChangeAudit changeAudit;
    private final RpcStatistics statistics;
    private final Presence presence;
    private final EventLog events;
    private final RpcRoutes rpcRoutes;
    private final RpcEvents rpcEvents;
    private final WebSockets sockets;
    private final HttpTransport httpDevices;
    private final MqttTransport mqtt;
    private final HttpListener http;
    private final Optional<Certificates> certificates;
    private Optional<HttpListener> https;
    private final Optional<String> administratorPassword;
    private volatile boolean stopping;

    /** What whoever started it wants to know. */
    record Started(int httpPort, Optional<Integer> httpsPort, int mqttPort, List<Device> demoDevices) {}

    /** A port could not be opened; the message names it and its key. */
    static final class CannotStart extends Exception {
        private static final long serialVersionUID = 1;

        CannotStart(String message) {
            super(message, null, false, false);
        }
    }

    private Server(Config config, DataFolder folder, InstantSource clock) throws IOException {
        this.config = config;
        this.folder = folder;
        this.clock = clock;
        health = new Health(clock);
        AuditEntries auditEntries = new AuditEntries(
                config.audit().rpc(), config.audit().mask(), config.audit().textCharsMax());
        CompletableFuture<VertxInternal> network = CompletableFuture.supplyAsync(() -> network(config.server()));
        Optional<Database> server = server(config.store(), folder);
        CompletableFuture<TelemetryStore> opening = server.isPresent()
                ? new CompletableFuture<>() // behind the other: both make what they share
                : CompletableFuture.supplyAsync(() -> points(server));
        try {
            core = CoreStore.open(
                    server.orElseGet(() -> CoreStore.file(folder.path())),
                    config.store().coreQueueMax(),
                    auditEntries,
                    health,
                    metrics.registry());
        } catch (RuntimeException e) {
            network.thenAccept(VertxInternal::close);
            if (server.isEmpty()) {
                opening.thenAccept(TelemetryStore::close)
                        .exceptionally(_ -> null)
                        .join();
            }
            throw e;
        }
        refuseDemoData(core.isMarked(DEMO_MARK));
        points = server.isPresent() ? points(server) : opening.join();
        vertx = network.join();
        loops = new EventLoops(vertx.nettyEventLoopGroup());
        loops.whenDead(this::lostLoop);
        passwords = new Passwords();

        commands = core.rpcs();
        rpcs = new RpcService(
                core.requestIds(),
                commands,
                new RpcService.Settings(
                        config.rpc().submitStrategy(),
                        config.rpc().openPerDeviceMax(),
                        config.rpc().waitersMax(),
                        config.rpc().paramsBytesMax(),
                        RPC_BYTES_MAX,
                        2 * RPC_BYTES_MAX,
                        config.rpc().retriesMax(),
                        config.rpc().responseTimeout()),
                clock,
                System::nanoTime,
                service -> new Sessions(loops.all(), service::commandsOf));
        keyedCalls = new KeyedCalls(rpcs, core.calls());
        Sessions sessions = rpcs.sessions();
        TelemetryService telemetry = new TelemetryService(points, core.attributes(feed), sessions);
        directory = new DeviceDirectory(core.devices(), config.store().deviceDirectoryMax());
        devices = new DeviceService(
                core.devices(), directory, followers(sessions, rpcs, feed), points::purge, clock, new SecureRandom());
        TenantContents contents = contents(devices);

        JwtSettings startJwt = JwtSettings.start(
                SigningKey.loadOrCreate(folder.path()),
                config.tokens().accessLifetime(),
                config.tokens().refreshLifetime());
        IdentityStore identities = core.identities();
        Tokens tokens = new Tokens(SystemSettings.jwt(identities, startJwt), identities, clock);
        SystemSettings settings =
                new SystemSettings(identities, tokens, config.server().baseUrl(), this::ownUrl);
        administratorPassword = firstStart(contents);
        ApiKeys apiKeys = new ApiKeys(identities, clock, config.access().apiKeysMax());
        Guesses guesses = new Guesses(
                config.access().loginFailuresPerAddress(), config.access().loginFailuresPerAccount(), System::nanoTime);
        mails = new Mails(settings, new SmtpMailer(clock), metrics.registry());
        loginAudit = new LoginAudit(core.audit(), clock);
        Logins logins = new Logins(
                identities,
                passwords,
                tokens,
                settings,
                guesses,
                customer -> core.devices()
                        .customer(customer)
                        .filter(PublicAccess::isPublic)
                        .map(Customer::tenant),
                mails,
                loginAudit,
                clock,
                config.access().userTokenAccess());
        credentials = new Credentials(
                identities, passwords, tokens, logins, settings, guesses, mails, apiKeys, clock, System::nanoTime);
        CustomerOwners owners = customer -> core.devices().customer(customer).map(Customer::tenant);
        Users users =
                new Users(identities, passwords, tokens, logins, settings, guesses, mails, apiKeys, owners, clock);
        TenantProfiles tenantProfiles = new TenantProfiles(core.tenantProfiles(), clock);
        TenantRates tenantRates = new TenantRates(
                tenantProfiles, config.access().restPerTenant(), config.access().restPerCustomer());
        tenantRates.refresh();
        changeAudit = new ChangeAudit(core.audit(), auditEntries, config.audit().changes(), clock);
        Routes routes = new Routes(version(), changeAudit);
        routes.commands(new PersistentRpcs(commands, sessions, rpcs.commits(), clock), directory);
        routes.devices(
                devices, core.deviceLists(), new DeviceProfileService(core.deviceProfiles(), directory, clock), users);
        routes.assets(
                new AssetService(core.assets(), devices, clock, new SecureRandom()),
                core.assets(),
                new AssetProfileService(core.assetProfiles(), clock),
                devices);
        Entities entities = new Entities(directory, core.devices(), core.assets(), identities, core.entityNumbers());
        routes.clients(core.usages(), core.userSettings(), config.access().userTokenAccess(), clock);
        routes.relations(new Relations(core.relations()), entities);
        routes.telemetry(telemetry, entities, clock);
        routes.queries(core.entities(), telemetry);
        routes.users(
                logins,
                users,
                credentials,
                settings,
                new Tenants(identities, contents, tokens, apiKeys, clock),
                tenantProfiles,
                tenantRates,
                new Listings(core.identityLists(), identities, owners));
        routes.apiKeys(apiKeys);
        routes.settings(settings, logins, mails);
        routes.rpcSettings(
                devices,
                new RpcSettingsService(
                        core.rpcSettings(),
                        rpcs,
                        new RpcSettingsService.Defaults(
                                config.rpc().submitStrategy(),
                                List.copyOf(config.audit().mask()))));
        routes.audit(core.audit());
        routes.events(devices, core.events());
        routes.imports(devices, telemetry, clock);
        routes.claims(devices, telemetry, config.access().claimFailures(), clock, System::nanoTime);
        routes.statistics(core.statistics(), directory, clock);
        routes.plain("/health/live", () -> page(health.live()));
        routes.plain("/health/ready", () -> page(health.ready()));
        routes.plain("/metrics", () -> new Page(200, Metrics.CONTENT_TYPE, metrics.text()));
        CallLimits limits = new CallLimits(
                config.access().restPerAddress(), config.access().restPerUser(), tenantRates, System::nanoTime);
        Authentication authentication = new Authentication(tokens, apiKeys, limits);
        Errors errors = new Errors(clock);
        api = new HttpApi(
                vertx,
                new HttpApi.Settings(config.http().bodyBytesMax()),
                authentication,
                errors,
                metrics.registry(),
                routes);
        audit = new AuditLog(
                core.audit(),
                auditEntries,
                masks(core.rpcSettings()),
                new AuditLog.Settings(
                        config.audit().keep(),
                        config.audit().entriesMax(),
                        config.audit().queueBytesMax()),
                clock,
                System::nanoTime,
                metrics.registry());
        statistics = new RpcStatistics(core.statistics(), clock, metrics.registry());
        rpcs.figures().countInto(statistics);
        rpcRoutes = new RpcRoutes(
                new RpcRoutes.Settings(
                        config.http().bodyBytesMax(),
                        RPC_BYTES_MAX,
                        BODY_TIMEOUT,
                        config.rpc().timeoutMin(),
                        config.rpc().timeoutDefault(),
                        config.rpc().retriesMax(),
                        config.rpc().submitStrategy()),
                authentication,
                errors,
                directory,
                rpcs,
                keyedCalls,
                audit,
                clock,
                System::nanoTime);
        rpcEvents = new RpcEvents(
                new RpcEvents.Settings(EVENT_STREAMS_MAX, EVENT_STREAM_PING),
                authentication,
                errors,
                directory,
                commands,
                rpcs.commits(),
                clock);

        sockets = new WebSockets(
                WebSockets.Settings.standard(SOCKET_MESSAGES_MAX),
                authentication,
                errors,
                tenant -> identities
                        .tenant(tenant)
                        .map(found -> tenantProfiles.of(found).data())
                        .orElse("{}"),
                directory,
                telemetry,
                core.entities(),
                feed,
                sessions::home,
                clock,
                System::nanoTime);

        presence = new Presence(
                core.presence(feed, config.sessions().deviceInactivityTimeout()), clock, metrics.registry());
        events = new EventLog(core.events(), Duration.ofDays(config.store().eventDays()), clock, metrics.registry());
        Ingress ingress = new Ingress(directory, sessions, telemetry, presence, events);
        httpDevices = new HttpTransport(
                new HttpTransport.Settings(
                        config.http().bodyBytesMax(),
                        DEVICE_RPC_BODY_BYTES_MAX,
                        DEVICE_REQUESTS_BYTES_MAX,
                        config.http().pollTimeout(),
                        BODY_TIMEOUT),
                ingress,
                clock);
        mqtt = new MqttTransport(
                new MqttTransport.Settings(
                        config.server().bind(),
                        config.mqtt().port(),
                        config.mqtt().packetBytesMax(),
                        config.mqtt().connectionsMax(),
                        config.mqtt().inflightMax(),
                        config.mqtt().connectTimeout(),
                        config.mqtt().ackTimeout(),
                        config.sessions().inactivityTimeout()),
                loops,
                vertx.transport().serverChannelFactory(false),
                ingress,
                clock,
                System::nanoTime);
        http = new HttpListener(
                vertx,
                loops,
                config.server().bind(),
                config.http().port(),
                config.http().headerBytesMax(),
                config.http().requestTimeout(),
                Optional.empty());
        certificates = config.https().port().map(_ -> new Certificates(config.https()));
        https = Optional.empty();
        register(metrics.registry(), sessions);
    }

    /**
     * Opens the stores, fills an empty one, and listens.
     *
     * @throws CannotStart a port or the data folder is not to be had; everything is closed again
     */
    static Server open(Config config, InstantSource clock) throws CannotStart {
        try {
            DataFolder folder = DataFolder.open(config.server().dataDir());
            if (folder.hasDemoData() && !config.server().allowsDemoData()) {
                folder.close();
                throw new CannotStart("data-dir: " + folder.path() + HOLDS_DEMO_DATA);
            }
            try {
                return new Server(config, folder, clock);
            } catch (RuntimeException e) {
                // A newer server's file, a damaged one: threads that run already must not keep the process.
                Throwable why = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
                if (!(why instanceof SqlFailure failure && failure.isPlain())) {
                    log.error("cannot start dataDir={}", folder.path(), e);
                }
                folder.close();
                String where = config.store().postgres().isPresent() ? "store: " : "data-dir: " + folder.path() + ": ";
                throw new CannotStart(where + why.getMessage());
            }
        } catch (IOException e) {
            throw new CannotStart(String.valueOf(e.getMessage()));
        }
    }

    /** Present when this start made the administrator: the password is kept nowhere else. */
    Optional<String> administratorPassword() {
        return administratorPassword;
    }

    /** Opens both ports. */
    Started start() throws CannotStart {
        health.set("http", Health.State.STARTING);
        health.set("mqtt", Health.State.STARTING);
        try {
            http.start(this::front);
            health.set("http", Health.State.ACCEPTING);
        } catch (IOException e) {
            stop();
            throw new CannotStart(cannotListen("http-port", config.http().port(), e));
        }
        startHttps();
        try {
            mqtt.start();
            health.set("mqtt", Health.State.ACCEPTING);
        } catch (IOException e) {
            stop();
            throw new CannotStart(cannotListen("mqtt-port", config.mqtt().port(), e));
        }
        var _ = devices.resumePurges();
        sweep();
        purge();
        return new Started(http.port(), https.map(HttpListener::port), mqtt.port(), demoDevices());
    }

    private void startHttps() throws CannotStart {
        if (certificates.isEmpty()) {
            return;
        }
        int port = config.https().port().orElseThrow();
        try {
            HttpListener listener = new HttpListener(
                    vertx,
                    loops,
                    config.server().bind(),
                    port,
                    config.http().headerBytesMax(),
                    config.http().requestTimeout(),
                    Optional.of(certificates.get().read()));
            https = Optional.of(listener);
            listener.start(this::front);
            certificates.get().watch(listener::replace);
        } catch (NoSuchFileException e) {
            stop();
            throw new CannotStart("https-certificate or https-key: there is no file " + e.getFile());
        } catch (IOException e) {
            stop();
            throw new CannotStart(cannotListen("https-port", port, e));
        }
    }

    /** Ends stored commands whose time is over, twice a second; on a loop, whose part is to ask the store. */
    private void sweep() {
        if (!stopping) {
            Loop loop = loops.all().getFirst();
            loop.schedule(SWEEP_PERIOD, () -> rpcs.sweep(this::sweep));
        }
    }

    private void purge() {
        if (!stopping) {
            Loop loop = loops.all().getFirst();
            loop.schedule(PURGE_PERIOD, () -> rpcs.purge(() -> events.purge(this::purge)));
        }
    }

    private String cannotListen(String key, int port, IOException e) {
        String address = config.server().bind() + ":" + port;
        return String.valueOf(e.getMessage()).contains("Address already in use")
                ? key + ": " + address + " is taken; stop what listens there, or set another port"
                : key + ": cannot listen on " + address + ": " + e.getMessage();
    }

    /** Paths that stay on the loop, then everything else. */
    private void front(HttpServerRequest request, Loop loop) {
        if (request.path().startsWith(HttpTransport.PREFIX)) {
            httpDevices.handle(request, loop);
        } else if (!rpcRoutes.handle(request, loop)
                && !rpcEvents.handle(request, loop)
                && !sockets.handle(request, loop)) {
            api.handle(request);
        }
    }

    /** Where this machine reaches the server: nobody said where others do. */
    private String ownUrl() {
        return "http://localhost:" + http.port();
    }

    /** Without one of its loops a server is no server: better that its supervisor starts a new one. */
    private void lostLoop() {
        if (!stopping) {
            log.error("an event loop ended, see above; the process ends, nothing acknowledged is lost");
            Runtime.getRuntime().halt(LOST_LOOP);
        }
    }

    /** Stops accepting, answers who waits, commits what was taken. At most for the configured time; blocks. */
    void stop() {
        stopping = true;
        health.set("http", Health.State.DOWN);
        health.set("mqtt", Health.State.DOWN);
        mqtt.stopAccepting();
        rpcs.shutDown();
        rpcs.sessions().handAll(new Mailbox.Event.CloseAll(CloseReason.SHUTTING_DOWN)); // polls, too
        mqtt.close();
        rpcEvents.close();
        sockets.close();
        certificates.ifPresent(Certificates::close);
        https.ifPresent(listener -> listener.close(ANSWERS_GRACE));
        http.close(ANSWERS_GRACE);
        api.close();
        presence.close();
        credentials.close();
        mails.close();
        audit.close();
        statistics.close();
        points.close();
        core.close();
        passwords.close();
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .completeOnTimeout(null, 1, TimeUnit.SECONDS)
                .join();
        try {
            folder.close();
        } catch (IOException e) {
            // The lock ends with the process.
        }
    }

    private static VertxInternal network(Config.Server config) {
        // Costs a tenth of a command, character by character of its token. The decoder has split the lines already, and
        // what
        // goes out is our own but for what ApiHeaders looks at itself.
        System.setProperty("vertx.disableHttpHeadersValidation", "true");
        int loops = config.eventLoops();
        int processors = Runtime.getRuntime().availableProcessors();
        return (VertxInternal) Vertx.builder()
                .withTransport(networkIo(config.networkIo()))
                .with(new VertxOptions()
                        .setEventLoopPoolSize(loops > 0 ? loops : Math.max(1, processors - 1))
                        .setWorkerPoolSize(1)
                        .setInternalBlockingPoolSize(1)
                        .setFileSystemOptions(new FileSystemOptions()
                                .setClassPathResolvingEnabled(false)
                                .setFileCachingEnabled(false)))
                .build();
    }

    /** What was asked for, or else the first that this machine has: containers often forbid io_uring. */
    private static Transport networkIo(NetworkIo asked) {
        return switch (asked) {
            case AUTO ->
                Transport.IO_URING.available()
                        ? Transport.IO_URING
                        : Transport.EPOLL.available() ? Transport.EPOLL : Transport.NIO;
            case IO_URING -> Transport.IO_URING;
            case EPOLL -> Transport.EPOLL;
            case NIO -> Transport.NIO;
        };
    }

    private void refuseDemoData(boolean isMarked) {
        if (isMarked && !config.server().allowsDemoData()) {
            core.close();
            throw new SqlFailure(
                    config.store().postgres().map(PostgresUrl::toString).orElse("the store") + HOLDS_DEMO_DATA);
        }
    }

    /** The database server that was asked for. */
    private static Optional<Database> server(Config.Store store, DataFolder folder) throws IOException {
        return store.postgres().isEmpty()
                ? Optional.empty()
                : Optional.of(new Database.Postgres(store.postgres().get(), folder.installation()));
    }

    private TelemetryStore points(Optional<Database> server) {
        PointsSettings settings = pointsSettings(config.store());
        return server.<TelemetryStore>map(
                        database -> PostgresPoints.open(database, settings, health, metrics.registry(), feed, clock))
                .orElseGet(() -> PointsStore.open(
                        folder.path(), settings, health, metrics.registry(), feed, clock, System::nanoTime));
    }

    private static PointsSettings pointsSettings(Config.Store store) {
        PointsSettings standard = PointsSettings.STANDARD;
        return new PointsSettings(
                store.pointsQueueMax(),
                standard.queueBytesMax(),
                standard.commitMessagesMax(),
                standard.commitBytesMax(),
                standard.gather(),
                standard.gatherMessages(),
                store.pointsTailBytesMax(),
                store.pointsMoveInterval(),
                standard.sliceCostMax(),
                standard.purgeRowsMax(),
                standard.dictionaryBytesMax(),
                standard.readers(),
                standard.readsWaitingMax());
    }

    private static DeviceListener followers(Sessions sessions, RpcService rpcs, Feed feed) {
        return new DeviceListener() {
            @Override
            public void deleted(Device device) {
                sessions.handIfPresent(device.number(), new Mailbox.Event.CloseAll(CloseReason.DEVICE_DELETED));
                rpcs.commits().deviceDeleted(device.number());
                feed.deleted(device);
            }

            @Override
            public void changed(Device device) {
                rpcs.changed(device);
                feed.changed(device);
            }

            @Override
            public void credentialsChanged(Device device) {
                sessions.handIfPresent(device.number(), new Mailbox.Event.CloseAll(CloseReason.CREDENTIALS_CHANGED));
            }
        };
    }

    private static Masks masks(RpcSettingsStore settings) {
        return new Masks() {
            @Override
            public boolean any() {
                return settings.hasMasks();
            }

            @Override
            public CompletionStage<Map<DeviceId, List<String>>> of(Set<DeviceId> devices) {
                return settings.masks(devices);
            }
        };
    }

    private static TenantContents contents(DeviceService devices) {
        return new TenantContents() {
            @Override
            public void created(TenantId tenant) {
                devices.defaultProfile(tenant);
            }

            @Override
            public void deleted(TenantId tenant) {
                devices.deleteAllOf(tenant);
            }
        };
    }

    private Optional<String> firstStart(TenantContents contents) throws IOException {
        FirstStart first = new FirstStart(core.identities(), passwords, clock);
        if (!config.server().demo()) {
            return first.createAdministrator();
        }
        if (core.identities().isEmpty()) {
            folder.markDemoData();
            core.mark(DEMO_MARK);
            Demo demo = new Demo(devices);
            first.demo(contents, demo::customer).ifPresent(made -> demo.devices(made.tenant()));
        }
        return Optional.empty();
    }

    private List<Device> demoDevices() {
        return folder.hasDemoData() || core.isMarked(DEMO_MARK) ? Demo.find(directory) : List.of();
    }

    private void register(MeterRegistry registry, Sessions sessions) {
        gauge(registry, "signalbox.mqtt.connections", "Open MQTT connections", _ -> mqtt.connections());
        counter(registry, "signalbox.mqtt.logins", "Accepted CONNECTs", _ -> mqtt.connected());
        counter(registry, "signalbox.mqtt.refused", "Connections refused", _ -> mqtt.refused());
        counter(registry, "signalbox.mqtt.malformed", "Malformed packets and payloads", _ -> mqtt.malformed());
        counter(registry, "signalbox.mqtt.overdue", "Connections ended for silence", _ -> mqtt.overdue());
        counter(registry, "signalbox.mqtt.published", "PUBLISH packets from devices", _ -> mqtt.published());
        counter(registry, "signalbox.mqtt.starved", "Connections ended to save memory", _ -> mqtt.starved());
        gauge(registry, "signalbox.sessions.mailboxes", "Devices with a session or a command", _ -> sessions.size());
        counter(registry, "signalbox.sessions.failures", "Device events that failed", _ -> sessions.failures());
        counter(
                registry,
                "signalbox.sessions.pushes.dropped",
                "Attribute updates a device did not read",
                _ -> sessions.pushesDropped());
        gauge(registry, "signalbox.rpc.open", "Open lightweight commands", _ -> rpcs.open());
        gauge(registry, "signalbox.rpc.stored.open", "Open persistent commands", _ -> commands.openCount());
        for (RpcFigures.Kind kind : RpcFigures.Kind.values()) {
            String word = kind.name().toLowerCase(Locale.ROOT);
            for (RpcStatus status : RpcStatus.values()) {
                if (kind.endsAs(status)) {
                    FunctionCounter.builder("signalbox.rpc.ended", rpcs.figures(), all -> all.ended(kind, status))
                            .description("Commands that ended, by their final state")
                            .tag("kind", word)
                            .tag("status", status.name())
                            .register(registry);
                }
            }
            FunctionCounter.builder("signalbox.rpc.resent", rpcs.figures(), all -> all.resent(kind))
                    .description("Attempts that were not the first")
                    .tag("kind", word)
                    .register(registry);
        }
        metrics.histograms("signalbox.rpc.stage", "How long commands took for a part of their way", stages());
        counter(
                registry,
                "signalbox.rpc.late",
                "Answers behind the end of a persistent command",
                _ -> rpcs.figures().late());
        counter(
                registry,
                "signalbox.rpc.duplicates",
                "Further answers to an answered persistent command",
                _ -> rpcs.figures().duplicates());
        counter(registry, "signalbox.rpc.stored.swept", "Commands that expired in the store", _ -> rpcs.swept());
        gauge(registry, "signalbox.rpc.keyed", "Commands with idempotency keys under way", _ -> keyedCalls.open());
        counter(registry, "signalbox.rpc.keyed.repeated", "Calls that repeated another", _ -> keyedCalls.repeated());
        TimeGauge.builder("signalbox.rpc.sweep.lag", this, TimeUnit.MILLISECONDS, _ -> overdueMillis())
                .description("How long the time of an open persistent command is over, at most")
                .register(registry);
        TimeGauge.builder("signalbox.rpc.sweep.last", rpcs, TimeUnit.MILLISECONDS, RpcService::sweptMillis)
                .description("When the last search for such commands was through, since 1970")
                .register(registry);
        gauge(
                registry,
                "signalbox.rpc.unsent",
                "Lightweight commands that no device was given yet",
                _ -> rpcs.unsent());
        gauge(registry, "signalbox.rpc.waiters", "Callers that wait", _ -> rpcs.waiters());
        gauge(registry, "signalbox.rpc.streams", "Callers that follow commands", _ -> rpcEvents.streams());
        gauge(registry, "signalbox.sockets.open", "Open WebSockets", _ -> sockets.sessions());
        gauge(
                registry,
                "signalbox.sockets.unknown",
                "Of these, that have not said who they are",
                _ -> sockets.unknown());
        gauge(
                registry,
                "signalbox.sockets.commands.waiting",
                "Commands of WebSockets that wait for their turn to read a store",
                _ -> sockets.waiting());
        gauge(registry, "signalbox.sockets.devices", "Devices that WebSockets follow", _ -> sockets.watched());
        counter(
                registry,
                "signalbox.sockets.slow",
                "WebSockets closed because they did not read",
                _ -> sockets.slowClosed());
        counter(registry, "signalbox.sockets.failures", "Commands of WebSockets that failed", _ -> sockets.failures());
        gauge(
                registry,
                "signalbox.rpc.open.bytes",
                "Parameters of open commands that are not stored",
                _ -> rpcs.openBytes());
        gauge(registry, "signalbox.rpc.kept.bytes", "Parameters of stored commands in memory", _ -> rpcs.keptBytes());
        gauge(registry, "signalbox.http.devices.bytes", "Requests of devices in memory", _ -> httpDevices.heldBytes());
        counter(registry, "signalbox.rpc.failures", "Callers that could not be told", _ -> rpcs.failures());
        counter(
                registry,
                "signalbox.http.silent",
                "Connections closed because no request came",
                _ -> http.silent() + https.map(HttpListener::silent).orElse(0L));
        counter(registry, "signalbox.http.failures", "Requests that failed on their loop", _ -> http.failures());
        counter(registry, "signalbox.rpc.accepted", "Commands accepted", _ -> rpcs.accepted());
        counter(registry, "signalbox.logins.checks", "Passwords checked", _ -> passwords.checks());
        counter(
                registry,
                "signalbox.audit.logins.dropped",
                "Logins that the audit log did not take",
                _ -> loginAudit.dropped());
        counter(
                registry,
                "signalbox.audit.changes.dropped",
                "Refused changes, and those of many commits, that the audit log did not take",
                _ -> changeAudit.dropped());
        counter(registry, "signalbox.rpc.strays", "Answers and reports without a command", _ -> rpcs.strays());
    }

    private List<Metrics.Tagged> stages() {
        List<Metrics.Tagged> all = new ArrayList<>();
        for (RpcFigures.Kind kind : RpcFigures.Kind.values()) {
            for (RpcFigures.Stage stage : RpcFigures.Stage.values()) {
                List<String> tags = List.of(
                        "kind",
                        kind.name().toLowerCase(Locale.ROOT),
                        "stage",
                        stage.name().toLowerCase(Locale.ROOT));
                all.add(new Metrics.Tagged(rpcs.figures().stage(kind, stage), tags));
            }
        }
        return all;
    }

    /** Not a number when the store does not answer. */
    private double overdueMillis() {
        try {
            return rpcs.overdue().toMillis();
        } catch (Rejected e) {
            return Double.NaN;
        }
    }

    private void gauge(MeterRegistry registry, String name, String about, ToDoubleFunction<Server> value) {
        Gauge.builder(name, this, value).description(about).register(registry);
    }

    private void counter(MeterRegistry registry, String name, String about, ToDoubleFunction<Server> value) {
        FunctionCounter.builder(name, this, value).description(about).register(registry);
    }

    private static Page page(Health.Report report) {
        return new Page(report.httpStatus(), "text/plain;charset=UTF-8", report.text());
    }

    private static String version() {
        return Optional.ofNullable(Server.class.getPackage().getImplementationVersion())
                .orElse("dev");
    }
}
