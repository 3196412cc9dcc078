-- When devices connected and were heard; times in milliseconds, 0: never. What people see of it stands in the attributes, too.
-- inactive_at: when to look whether the device is inactive, null when it is. 0: at once, its timeout was changed.
CREATE TABLE device_presence (
    device BIGINT NOT NULL PRIMARY KEY REFERENCES device (number) ON DELETE CASCADE,
    connected_at BIGINT NOT NULL,
    disconnected_at BIGINT NOT NULL,
    activity_at BIGINT NOT NULL,
    alarm_at BIGINT NOT NULL,
    inactive_at BIGINT
) ${clustered};

CREATE INDEX presence_due ON device_presence (inactive_at) WHERE inactive_at IS NOT NULL;
