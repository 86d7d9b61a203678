DELETE FROM `${project}.${warehouse}.retention_effects` WHERE campaign = @campaign
