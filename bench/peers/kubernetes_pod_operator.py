"""Airflow's KubernetesPodOperator: its `execute`, called directly. No scheduler and no database: what those take comes on top in Airflow."""

import os
import uuid
from unittest.mock import MagicMock

from serve import serve  # first: it takes standard output

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

# The shortest that its parameters allow to be sensible; other waits of 1 and 2 s stand in its code.
_TUNED = {"startup_check_interval_seconds": 0.1, "base_container_status_polling_interval": 0.1}


def _context():
    run = f"bench-{uuid.uuid4().hex[:12]}"
    names = {"dag_id": "bench", "task_id": "pod", "run_id": run, "try_number": 1, "map_index": -1}
    task_instance = MagicMock(**names)
    return {
        "ti": task_instance,
        "task_instance": task_instance,
        "run_id": run,
        "dag_run": MagicMock(run_id=run),
        "dag": MagicMock(dag_id="bench"),
    }


def _run(request):
    KubernetesPodOperator(
        task_id="pod",
        namespace=request["namespace"],
        image=request["image"],
        cmds=request["command"],
        config_file=os.environ["BENCH_KUBECONFIG"],
        cluster_context=os.environ["BENCH_CONTEXT"],
        kubernetes_conn_id=None,
        in_cluster=False,
        do_xcom_push=False,
        **(_TUNED if request["tuned"] else {}),
    ).execute(_context())


# Airflow has a process for each task.
serve(_run, in_processes=True)
