"""Make sure that what is to be forgotten is on no page and in no store.

A database keeps deleted text in its files until it compacts them, which nobody can see or command
for sure. The graph holds nothing that the tables do not, so the sure way is to drop it: the stages
notice by the stores' identity and write every week again. A Neo4j of the user's own is not ours to
drop: there, the stages delete the posts.
"""

import shutil
from collections.abc import Collection

from zeitgraph.kg.edits.checks import check_forgettable
from zeitgraph.kg.workspace.workspace import Workspace


def drop_traces(workspace: Workspace, post_ids: Collection[str]) -> list[str]:
    """Remove both embedded stores, and the pages of every week that may tell of some posts.

    A page tells of its own week and of weeks before. Returns the weeks whose pages went, oldest
    first, so that they can be made again. Comes before the posts themselves go: a `forget` that is
    killed in between leaves nothing that a later `run` would not write anew. Raises `EditsError`,
    before anything goes, where an edit by hand names one of the posts.
    """
    check_forgettable(workspace, post_ids)
    gone = set(post_ids)
    held = [
        week
        for week in workspace.all_weeks()
        if not gone.isdisjoint(workspace.read("intake", week)["post_id"].to_pylist())
    ]
    if not held:
        return []
    told = [week for week in workspace.reported_weeks() if week >= held[0]]
    for week in told:
        workspace.drop_report(week)
    _drop_stores(workspace)
    return told


def _drop_stores(workspace: Workspace) -> None:
    from zeitgraph.kg.graph.bolt_process import stop_server

    shutil.rmtree(workspace.graph_folder, ignore_errors=True)
    if workspace.bolt_folder.exists():
        stop_server(workspace)
        shutil.rmtree(workspace.bolt_folder)
