"""A Django site with social-auth-app-django (Python Social Auth): urls.py."""

from django.contrib.auth import logout
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import include, path
from social_django.utils import load_strategy


def home(request):
    if not request.user.is_authenticated:
        return JsonResponse("nobody", safe=False)
    user, account = request.user, request.user.social_auth.get(provider="oidc")
    return JsonResponse({"sub": account.uid, "name": user.get_full_name(), "email": user.email, "username": user.username})


def sign_in(request):
    # A sign-in begins with a POST: in a template, `{% url "social:begin" "oidc" %}` and `{% csrf_token %}`.
    return HttpResponse('<form method="post" action="/login/oidc/"><button>Sign in with Limen</button></form>')


def refresh(request):
    account = request.user.social_auth.get(provider="oidc")
    before = account.access_token
    account.refresh_token(load_strategy(request))
    return JsonResponse({"is_new": account.access_token != before})


def sign_out(request):
    logout(request)
    return redirect("/")


urlpatterns = [
    path("", include("social_django.urls", namespace="social")),
    path("", home),
    path("sign-in", sign_in),
    path("refresh", refresh),
    path("logout", sign_out),
]
