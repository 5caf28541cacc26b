"""Removes forgotten posts from pages and stores: the second half of `zeitgraph forget`.

A database keeps deleted text in its files until it compacts them, and no command says for sure when
it does. The graph holds nothing beyond the tables, so both embedded stores are deleted; the stages
see that the stores are new and write every week again. A Neo4j server of the user is not deleted:
the stages remove the posts from it.
"""

import shutil
from collections.abc import Collection

from zeitgraph.kg.edits.checks import check_forgettable
from zeitgraph.kg.workspace.workspace import Workspace


def drop_traces(workspace: Workspace, post_ids: Collection[str]) -> list[str]:
    """Delete both embedded stores, and the pages of every week that may show one of the posts.

    A page shows its own week and earlier weeks. Returns the weeks whose pages were deleted, oldest
    first, so that they can be made again. Call it before the posts are removed: if `forget` is
    killed in between, the next `run` writes everything again. Raises `EditsError`, before anything
    is deleted, if a manual edit names one of the posts.
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
    reported = [week for week in workspace.reported_weeks() if week >= held[0]]
    for week in reported:
        workspace.drop_report(week)
    _drop_stores(workspace)
    return reported


def _drop_stores(workspace: Workspace) -> None:
    from zeitgraph.kg.graph.bolt_process import stop_server

    shutil.rmtree(workspace.graph_folder, ignore_errors=True)
    if workspace.bolt_folder.exists():
        stop_server(workspace)
        shutil.rmtree(workspace.bolt_folder)
