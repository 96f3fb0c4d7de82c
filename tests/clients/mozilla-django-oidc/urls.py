"""A Django site with mozilla-django-oidc: urls.py."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import JsonResponse
from django.urls import include, path


def sign_out_url(request):
    query = {"id_token_hint": request.session["oidc_id_token"], "post_logout_redirect_uri": f"{settings.APP_URL}/"}
    return f"{settings.ISSUER}/logout?{urlencode(query)}"


def home(request):
    user = request.user
    if not user.is_authenticated:
        return JsonResponse("nobody", safe=False)
    return JsonResponse({"username": user.username, "email": user.email})


urlpatterns = [
    path("oidc/", include("mozilla_django_oidc.urls")),
    path("", home),
]
