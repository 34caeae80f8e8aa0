"""Addresses of baskets, requisitions, approvals and orders."""

from django.urls import path

from marketplace.ordering.delivery_points import views as delivery_points
from marketplace.ordering.orders.views import exports as order_exports
from marketplace.ordering.orders.views import orders
from marketplace.ordering.receipts.views import goods_in, receipts
from marketplace.ordering.requisitions.views import (
    adding,
    approvals,
    baskets,
    pasting,
    requisitions,
)
from marketplace.ordering.requisitions.views import exports as requisition_exports

DOOR = "delivery-points/<uuid:delivery_point_id>/"

urlpatterns = [
    path("basket/", baskets.basket, name="basket"),
    path("basket/add/", adding.basket_add, name="basket-add"),
    path("basket/prices/", baskets.basket_refresh, name="basket-refresh"),
    path("basket/paste/", pasting.basket_paste, name="basket-paste"),
    path("requisitions/", requisitions.requisitions, name="requisitions"),
    path(
        "requisitions/export/",
        requisition_exports.requisitions_export,
        name="requisitions-export",
    ),
    path("requisitions/<uuid:requisition_id>/", requisitions.requisition, name="requisition"),
    path(
        "requisitions/<uuid:requisition_id>/send/",
        requisitions.requisition_submit,
        name="requisition-submit",
    ),
    path(
        "requisitions/<uuid:requisition_id>/decide/",
        approvals.requisition_approve,
        name="requisition-approve",
    ),
    path(
        "requisitions/<uuid:requisition_id>/withdraw/",
        requisitions.requisition_withdraw,
        name="requisition-withdraw",
    ),
    path(
        "requisitions/<uuid:requisition_id>/copy/",
        requisitions.requisition_copy,
        name="requisition-copy",
    ),
    path("approvals/", approvals.approvals, name="approvals"),
    path("orders/", orders.orders, name="orders"),
    path("orders/export/", order_exports.orders_export, name="orders-export"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/print/", orders.order_print, name="order-print"),
    path("orders/<uuid:order_id>/cancel/", orders.order_cancel, name="order-cancel"),
    path("orders/<uuid:order_id>/resend/", orders.order_resend, name="order-resend"),
    path("orders/<uuid:order_id>/cancel-rest/", orders.order_cancel_rest, name="order-cancel-rest"),
    path("orders/<uuid:order_id>/receive/", goods_in.order_receive, name="order-receive"),
    path("orders/<uuid:order_id>/return/", goods_in.order_return, name="order-return"),
    path("goods-in/", goods_in.goods_in, name="goods-in"),
    path("receipts/", receipts.receipts, name="receipts"),
    path("receipts/export/", receipts.receipts_export, name="receipts-export"),
    path("receipts/<uuid:receipt_id>/", receipts.receipt, name="receipt"),
    path("receipts/<uuid:receipt_id>/correct/", receipts.receipt_correct, name="receipt-correct"),
    path("delivery-points/", delivery_points.delivery_points, name="delivery-points"),
    path("delivery-points/add/", delivery_points.delivery_point_add, name="delivery-point-add"),
    path(
        "delivery-points/file/", delivery_points.delivery_points_file, name="delivery-points-file"
    ),
    path(
        "delivery-points/file/<uuid:file_id>/",
        delivery_points.delivery_points_file_look,
        name="delivery-points-file-look",
    ),
    path(
        "delivery-points/list.csv",
        delivery_points.delivery_points_template,
        name="delivery-points-template",
    ),
    path(DOOR, delivery_points.delivery_point, name="delivery-point"),
    path(DOOR + "retire/", delivery_points.delivery_point_retire, name="delivery-point-retire"),
    path(
        DOOR + "bring-back/",
        delivery_points.delivery_point_bring_back,
        name="delivery-point-bring-back",
    ),
]
