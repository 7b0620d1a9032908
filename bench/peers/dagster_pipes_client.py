"""Dagster's PipesK8sClient, called in an op that lasts as long as the bench: no daemon, and no storage but one in memory."""

import os

from serve import serve  # first: it takes standard output

from dagster import job, op
from dagster_k8s import PipesK8sClient


@op
def pods(context):
    def run(request):
        poll = {"poll_interval": 0.1} if request["tuned"] else {}
        PipesK8sClient(kubeconfig_file=os.environ["BENCH_KUBECONFIG"], kube_context=os.environ["BENCH_CONTEXT"], **poll).run(
            context=context, namespace=request["namespace"], image=request["image"], command=request["command"]
        )

    serve(run)


@job
def bench():
    pods()


bench.execute_in_process()
