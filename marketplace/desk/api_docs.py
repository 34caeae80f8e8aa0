"""The API described: as a document for programs, and as a page for people.

Both are public: an address that is described is not thereby open.
"""

from __future__ import annotations

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

# Named here, so that the addresses have one place and the settings need not know them.
# Enumerations stay where they are used: pulled out they would need a name each.
schema = SpectacularAPIView.as_view(custom_settings={"POSTPROCESSING_HOOKS": []})
page = SpectacularSwaggerSplitView.as_view(url_name="api-schema")
