-- Commands that ended, counted by hour (since 1970), device, method and kind (lightweight, persistent). A row of a device that
-- is gone is not read any more, and goes when its time comes. counts: see TallyText.
CREATE TABLE rpc_statistics (
    hour BIGINT NOT NULL,
    tenant BIGINT NOT NULL,
    device BIGINT NOT NULL,
    method ${text} NOT NULL,
    is_persistent BOOLEAN NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (hour, tenant, device, method, is_persistent)
) ${clustered};
