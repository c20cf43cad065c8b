/// The systemd units of the engine.
struct Units {
    var program: String
    var isSystem: Bool

    var fileName: String { "holdfast.service" }

    /// The unit; `Type=notify` with a watchdog, and time to end runs cleanly.
    var service: String {
        let common = """
            [Unit]
            Description=Holdfast backup engine
            After=\(isSystem ? "local-fs.target network.target time-sync.target" : "default.target")
            StartLimitIntervalSec=300
            StartLimitBurst=5

            [Service]
            Type=notify
            ExecStart=\(Self.quoted(program)) engine run
            ExecReload=kill -HUP $MAINPID
            Restart=on-failure
            RestartSec=5
            TimeoutStartSec=600
            TimeoutStopSec=180
            WatchdogSec=60
            KillMode=mixed
            UMask=0077
            OOMScoreAdjust=-200
            LimitNOFILE=65536

            """
        return common + (isSystem ? Self.systemOnly : "") + """

            [Install]
            WantedBy=\(isSystem ? "multi-user.target" : "default.target")

            """
    }

    /// The folders are those of `SettingsLocation` for root, so the unit needs no variables.
    ///
    /// No `Protect...`: they make a mount namespace, where what a hook mounts is seen by the engine alone, and some
    /// narrow the devices that jobs may open.
    private static let systemOnly = """
        StateDirectory=holdfast
        StateDirectoryMode=0700
        RuntimeDirectory=holdfast
        RuntimeDirectoryMode=0750

        """

    /// A path as ExecStart takes it: specifiers and quotes escaped.
    static func quoted(_ path: String) -> String {
        let plain = path.replacing("%", with: "%%")
        guard plain.contains(where: { " \"\\$;".contains($0) }) else { return plain }
        let escaped = plain.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("$", with: "$$")
        return "\"" + escaped + "\""
    }
}
