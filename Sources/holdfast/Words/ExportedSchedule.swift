import BackupModel

/// The jobs in another scheduler's words; each calls `holdfast job run NAME --wait`, so that results stay ours.
struct ExportedSchedule {
    var jobs: [JobSettings]
    var image: String
    /// The zone of schedules that name none.
    var localZone: String

    func text(as format: ScheduleFormat) -> String {
        switch format {
        case .systemd: systemd
        case .cron: cron
        case .airflow: airflow
        case .kubernetes: kubernetes
        }
    }

    private var systemd: String {
        jobs.filter { $0.schedule != nil }.map { job in
            """
            # holdfast-\(job.name).timer
            [Unit]
            Description=Holdfast job \(job.name)

            [Timer]
            \(calendarLines(job))
            Persistent=\(job.isPersistent)
            RandomizedDelaySec=\(Int(job.jitter))

            [Install]
            WantedBy=timers.target

            # holdfast-\(job.name).service
            [Unit]
            Description=Holdfast job \(job.name)

            [Service]
            Type=oneshot
            ExecStart=holdfast job run \(job.name) --wait

            """
        }.joined(separator: "\n")
    }

    /// In systemd's own syntax, also what was written as cron; one line may take several.
    private func calendarLines(_ job: JobSettings) -> String {
        let lines = (try? CalendarSchedule(job.schedule ?? ""))?.systemdLines ?? []
        return lines.map { "OnCalendar=" + $0 }.joined(separator: "\n")
    }

    /// A zone of its own counts for all lines below it, so those without one come first.
    private var cron: String {
        let zones = Set(jobs.compactMap { schedule($0)?.zone?.name }).sorted()
        return cronLines(in: nil)
            + zones.map { zone in
                "# cronie reads CRON_TZ; a cron without it runs these in the machine's zone\nCRON_TZ=\(zone)\n"
                    + cronLines(in: zone)
            }.joined()
    }

    private func cronLines(in zone: String?) -> String {
        jobs.compactMap { job -> String? in
            guard let schedule = schedule(job), schedule.zone?.name == zone else { return nil }
            guard let fields = schedule.cronFields else {
                return "# \(job.name): \(schedule.text) cannot be said in cron's five fields\n"
            }
            return "\(fields) holdfast job run \(job.name) --wait\n"
        }.joined()
    }

    private func schedule(_ job: JobSettings) -> CalendarSchedule? {
        job.schedule.flatMap { try? CalendarSchedule($0) }
    }

    private var airflow: String {
        let heads = roots.map { root in
            """
            \(unsayable(root))with DAG(dag_id=\(python("holdfast_" + root.name)), schedule=\(root.schedule.flatMap(cronFields).map(python) ?? "None"),
                     start_date=\(start(root)), catchup=False, max_active_runs=1) as dag_\(identifier(root.name)):

            """ + chain(from: root).map { task($0) }.joined() + edges(of: root)
        }
        return """
            # Made by holdfast schedule export --as airflow; each task runs a job and waits for its result.
            import pendulum
            from airflow import DAG
            from airflow.operators.bash import BashOperator


            """ + heads.joined(separator: "\n")
    }

    /// Its zone is that of the schedule; Airflow's own is UTC.
    private func start(_ job: JobSettings) -> String { "pendulum.datetime(2024, 1, 1, tz=\(python(zone(of: job))))" }

    /// By name, where another machine must not use its own.
    private func zone(of job: JobSettings) -> String { schedule(job)?.zone?.name ?? localZone }

    /// A comment above what would otherwise silently have no time.
    private func unsayable(_ job: JobSettings) -> String {
        guard let schedule = schedule(job), schedule.cronFields == nil else { return "" }
        return "# \(job.name): \(schedule.text) cannot be said in cron's five fields; it has no schedule here\n"
    }

    /// Those that nothing of ours goes before.
    private var roots: [JobSettings] { jobs.filter { $0.after.isEmpty } }

    private func chain(from root: JobSettings) -> [JobSettings] {
        var found = [root]
        var names: Set<String> = [root.name]
        var isGrowing = true
        while isGrowing {
            let next = jobs.filter { job in
                !names.contains(job.name) && job.after.contains { names.contains($0) }
            }
            found += next
            names.formUnion(next.map(\.name))
            isGrowing = !next.isEmpty
        }
        return found
    }

    private func task(_ job: JobSettings) -> String {
        let rule = job.afterWhen == .always && !job.after.isEmpty ? ", trigger_rule=\"all_done\"" : ""
        return "    \(identifier(job.name)) = BashOperator(task_id=\(python(job.name)), "
            + "bash_command=\(python("holdfast job run \(job.name) --wait")), retries=\(job.retries)\(rule))\n"
    }

    private func edges(of root: JobSettings) -> String {
        let members = chain(from: root)
        let names = Set(members.map(\.name))
        let edges = members.flatMap { job in
            job.after.filter(names.contains).map { "    \(identifier($0)) >> \(identifier(job.name))\n" }
        }
        return edges.joined()
    }

    private var kubernetes: String {
        jobs.compactMap { job -> String? in
            guard let text = job.schedule, let fields = cronFields(text) else {
                return job.schedule.map { "# \(job.name): \($0) cannot be said in cron's five fields\n" }
            }
            return """
                apiVersion: batch/v1
                kind: CronJob
                metadata:
                  name: holdfast-\(job.name.replacing("_", with: "-"))
                spec:
                  schedule: \(python(fields))
                  timeZone: \(python(zone(of: job)))
                  concurrencyPolicy: Forbid
                  jobTemplate:
                    spec:
                      backoffLimit: \(job.retries)
                      template:
                        spec:
                          restartPolicy: Never
                          containers:
                            - name: holdfast
                              image: \(python(image))
                              args: ["job", "run", \(python(job.name)), "--wait"]

                """
        }.joined(separator: "---\n")
    }

    private func cronFields(_ text: String) -> String? { (try? CalendarSchedule(text))?.cronFields }

    /// A Python (and YAML double-quoted) string.
    private func python(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// A job's name as a Python name; job names are a-z, 0-9, - and _.
    private func identifier(_ name: String) -> String {
        let plain = name.replacing("-", with: "_")
        return plain.first?.isNumber == true ? "job_" + plain : plain
    }
}
