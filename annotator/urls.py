"""Every address of the product. Each app brings its API as `api.router` and its pages as `pages.urlpatterns`."""

from django.contrib import admin
from django.urls import include, path
from ninja import NinjaAPI

from annotator.accounts.api import router as accounts
from annotator.accounts.permissions import TableAuth
from annotator.annotation.api import router as annotation
from annotator.dashboards.api import router as dashboards
from annotator.dashboards.models_api import router as models
from annotator.dashboards.project_api import router as projects
from annotator.datasets.api import router as datasets
from annotator.images.api import router as images
from annotator.lib import errors
from annotator.model_registry.api import router as model_registry
from annotator.model_registry.import_api import router as model_imports

api = NinjaAPI(title="Annotator", version="1", urls_namespace="api", docs_url=None, auth=TableAuth())
errors.install(api)
for router in (accounts, model_registry, model_imports, images, annotation, datasets, dashboards, projects, models):
    api.add_router("", router)

urlpatterns = [
    path("api/", api.urls),
    path("admin/", admin.site.urls),
    path("", include("annotator.accounts.pages")),
    path("", include("annotator.model_registry.pages")),
    path("", include("annotator.images.pages")),
    path("", include("annotator.annotation.pages")),
    path("", include("annotator.datasets.pages")),
    path("", include("annotator.dashboards.pages")),
]

handler400 = "annotator.lib.errors.bad_request"
handler403 = "annotator.lib.errors.forbidden"
handler404 = "annotator.lib.errors.page_not_found"
handler500 = "annotator.lib.errors.server_error"
