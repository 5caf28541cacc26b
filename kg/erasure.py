"""Make sure that what was forgotten is in no store: both embedded stores go, and are written anew.

A database keeps deleted text in its files until it compacts them, which nobody can see or command
for sure. The graph holds nothing that the tables do not, so the sure way is to drop it: the stages
notice by the stores' identity and write every week again. A Neo4j of the user's own is not ours to
drop: there, the stages delete the posts.
"""

import shutil

from zeitgraph.kg.workspace import Workspace


def drop_stores(workspace: Workspace) -> None:
    """Remove the Oxigraph store and the embedded Bolt database, after stopping its server."""
    from zeitgraph.kg.bolt_process import stop_server

    shutil.rmtree(workspace.graph_folder, ignore_errors=True)
    if workspace.bolt_folder.exists():
        stop_server(workspace)
        shutil.rmtree(workspace.bolt_folder)
