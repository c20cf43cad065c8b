import BackupModel

/// The jobs in another scheduler's words; each calls `holdfast job run NAME --wait`, so that results stay ours.
struct ExportedSchedule {
    var jobs: [JobSettings]
    var image: String

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
            OnCalendar=\(job.schedule ?? "")
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

    private var cron: String {
        jobs.compactMap { job -> String? in
            guard let text = job.schedule, let schedule = try? CalendarSchedule(text) else { return nil }
            guard let fields = schedule.cronFields else {
                return "# \(job.name): \(text) cannot be said in cron's five fields\n"
            }
            return "\(fields) holdfast job run \(job.name) --wait\n"
        }.joined()
    }

    private var airflow: String {
        let heads = roots.map { root in
            """
            with DAG(dag_id=\(python("holdfast_" + root.name)), schedule=\(root.schedule.flatMap(cronFields).map(python) ?? "None"),
                     start_date=datetime(2024, 1, 1), catchup=False, max_active_runs=1) as dag_\(identifier(root.name)):

            """ + chain(from: root).map { task($0) }.joined() + edges(of: root)
        }
        return """
            # Made by holdfast schedule export --as airflow; each task runs a job and waits for its result.
            from datetime import datetime

            from airflow import DAG
            from airflow.operators.bash import BashOperator


            """ + heads.joined(separator: "\n")
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
