package io.signalbox.api;

import static io.signalbox.api.Descriptions.CHANGED;
import static io.signalbox.api.Descriptions.NO_ASSET;
import static io.signalbox.api.Route.TENANT_AND_CUSTOMER;
import static io.signalbox.ops.ErrorCode.BAD_REQUEST;
import static io.signalbox.ops.ErrorCode.NOT_FOUND;
import static io.signalbox.ops.ErrorCode.VERSION_CONFLICT;
import static io.vertx.core.http.HttpMethod.POST;

import io.signalbox.device.AssetId;
import io.signalbox.device.AssetProfileId;
import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.identity.Access;
import io.signalbox.identity.Authority;
import io.signalbox.identity.Caller;
import io.signalbox.registry.Asset;
import io.signalbox.registry.AssetFields;
import io.signalbox.registry.AssetService;
import io.signalbox.registry.DeviceService;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.core.JsonGenerator;

/** Assets and who they are assigned to (REST API §12). Callers have a tenant. */
final class AssetResource extends OwnedResource<Asset> {
    static final OwnedKind KIND = new OwnedKind(
            "asset",
            "Assets",
            "Things that are no devices: buildings, machines, places",
            Shapes.ASSET,
            Shapes.ASSET_INFO,
            NO_ASSET,
            false);

    private final AssetService assets;

    AssetResource(AssetService assets, DeviceService customers, ChangeAudit audit) {
        super(KIND, Asset.class, customers, audit);
        this.assets = assets;
    }

    @Override
    Asset existing(TenantId tenant, UUID id) {
        return assets.asset(tenant, new AssetId(id));
    }

    @Override
    void delete(TenantId tenant, UUID id) {
        assets.delete(tenant, new AssetId(id));
    }

    @Override
    Asset assign(TenantId tenant, UUID id, CustomerId customer) {
        return assets.assign(tenant, new AssetId(id), customer);
    }

    @Override
    Asset assignToPublic(TenantId tenant, UUID id) {
        return assets.assignToPublic(tenant, new AssetId(id));
    }

    @Override
    Asset unassign(TenantId tenant, UUID id) {
        return assets.unassign(tenant, new AssetId(id));
    }

    @Override
    void write(JsonGenerator json, Asset asset) {
        AssetJson.write(json, asset);
    }

    @Override
    public void routes(RouteTable table) {
        table.json(POST, "/api/asset", TENANT_AND_CUSTOMER, this::save);
        super.routes(table);
    }

    @Override
    public void describe(Descriptions all) {
        Descriptions.Section section = KIND.section(all);
        DeviceResource.namedUniquely(section.call(POST, "/api/asset", "saveAsset", "Makes or changes an asset"))
                .notes("Without an id a new one.")
                .takes(Shapes.ASSET, "{\"name\":\"<newName>\",\"type\":\"building\"}")
                .answers(Shapes.ASSET)
                .fails(BAD_REQUEST, "The name is missing or taken")
                .fails(NOT_FOUND, NO_ASSET)
                .fails(VERSION_CONFLICT, CHANGED);
        describe(section, "Deletes an asset", "");
    }

    private Response save(Exchange exchange) {
        Body body = exchange.body();
        Caller caller = exchange.caller();
        TenantId tenant = tenant(caller);
        Optional<AssetId> id = body.id("id").map(AssetId::new);
        Optional<CustomerId> customer = body.id("customerId").map(CustomerId::new);
        return json(saved(exchange, id.map(AssetId::uuid), () -> {
            if (id.isEmpty()) {
                Access.createDevice(caller).orReject(KIND.type(), "");
                return assets.create(tenant, fields(body, customer), DeviceResource.nameConflict(exchange));
            }
            Asset old = assets.asset(tenant, id.get());
            Access.device(caller, Access.Operation.WRITE, old).orReject(KIND.type(), old.id());
            // only its tenant gives an asset away
            Optional<CustomerId> owner = caller.authority() == Authority.CUSTOMER_USER ? old.customer() : customer;
            return assets.update(tenant, old.id(), fields(body, owner), body.whole("version"));
        }));
    }

    private static AssetFields fields(Body body, Optional<CustomerId> customer) {
        return new AssetFields(
                body.text("name").orElse(""),
                body.text("type"),
                body.text("label"),
                body.id("assetProfileId").map(AssetProfileId::new),
                customer,
                body.object("additionalInfo"));
    }
}
